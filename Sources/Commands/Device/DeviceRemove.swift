import ArgumentParser
import DeviceIdentity
import Diagnostics
import InputOutput
import Registry
import Store

/// `assay device remove`
struct DeviceRemove: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a device and its identity key from the registry.",
        discussion: """
            The device's key, its evidence, its tokens and what was kept to learn its key are gone from the store; the \
            audit chain keeps that they were there and that they were removed. Nonces that were used stay used, and \
            certificates of the device stay as they are: assay ca revoke --device revokes them. Exit status 1: the \
            device is not in the registry.

            EXAMPLES

              assay device remove 50363154-3931-44f0-8022-121b6401627d
            """)

    @Argument(help: .init("The device's UUID.", valueName: "uuid"))
    var uuid: String

    @OptionGroup var change: DeviceChangeOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let device = try DeviceUUID(text: uuid)
        let outcome = try change.outcome(of: device, at: environment.now) { registry throws(ToolError) in
            try registry.remove(device, at: environment.now)
        }
        if case .rejected(let failure) = outcome {
            change.output.console.error(
                ToolError(failure.code, failure.message, hint: "assay device list shows the registry"))
            return .rejected
        }
        return .done
    }
}
