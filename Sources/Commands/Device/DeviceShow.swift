import ArgumentParser
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import Store

/// `assay device show`
struct DeviceShow: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a device, its key and what tied the key to it.",
        discussion: """
            Each line of evidence says how the key came to be known, when, and from which input (SHA-256 of the row or \
            token). learned: a signature of the device itself; imported, added: a file or a command; confirmed: a \
            person's word.

            EXAMPLES

              assay device show 50363154-3931-44f0-8022-121b6401627d
            """)

    @Argument(help: .init("The device's UUID.", valueName: "uuid"))
    var uuid: String

    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let device = try DeviceUUID(text: uuid)
        let registry = try store.open(.readOnly, output.console)
        guard let record = try registry.device(device) else {
            throw ToolError(
                .unknownKey, "device \(device) is not in the registry",
                hint: "assay device list shows the registry")
        }
        let report = DeviceReport(device: record, evidence: try registry.evidence(of: device))
        try output.show(text: report.text) { report.write(json: &$0) }
        return .done
    }
}
