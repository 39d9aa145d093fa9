import ArgumentParser
import DeviceIdentity
import Diagnostics
import InputOutput
import Registry
import Store

/// `assay device trust`
struct DeviceTrust: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "Make a device's observed key trusted, on your word.",
        discussion: """
            Do this when you know from elsewhere that the device is genuine, for example because you hold it or its \
            maker confirmed the key id. --kid names the key that you mean, so that no other one is confirmed that came \
            in its place meanwhile; assay device show UUID shows it. The registry keeps that it was confirmed and when.

            EXAMPLES

              assay device trust 50363154-3931-44f0-8022-121b6401627d --kid 13f696a2198b96d7a79f8a2ce301d5d007abfd40652e0fe2a9e38f78f248e383
            """)

    @Argument(help: .init("The device's UUID.", valueName: "uuid"))
    var uuid: String

    @Option(help: .init("The id of the key: hex SHA-256 of its SubjectPublicKeyInfo.", valueName: "hex"))
    var kid: String

    @OptionGroup var change: DeviceChangeOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let device = try DeviceUUID(text: uuid)
        guard let expected = Hex.decode(kid), expected.count == 32 else {
            throw ToolError(
                .usage, "expected --kid with 64 hex digits, found \(kid.utf8.count) characters",
                hint: "assay device show \(device) shows the key's id")
        }
        let console = change.output.console
        let outcome = try change.outcome(of: device, at: environment.now) { registry throws(ToolError) in
            try registry.confirm(device, expectedKeyID: expected, at: environment.now)
        }
        switch outcome {
        case .rejected(let failure):
            console.error(ToolError(failure.code, failure.message))
            return .rejected
        case .unchanged: console.note("assay: device \(device) was trusted already")
        case .added, .updated, .replaced, .removed: console.note("assay: device \(device) is trusted")
        }
        return .done
    }
}
