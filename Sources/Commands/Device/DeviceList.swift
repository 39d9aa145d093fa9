import ArgumentParser
import Attestation
import Diagnostics
import InputOutput
import JSON
import Registry
import Store

/// `assay device list`
struct DeviceList: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the devices of the registry.",
        discussion: """
            As text one line a device: UUID, IMEI, trust of the key, kid; - for what is not known.

            EXAMPLES

              assay device list
              assay device list --json
            """)

    @OptionGroup var store: StoreOptions

    @Option(help: .init("Only devices whose key has this trust: trusted or observed.", valueName: "trust"))
    var trust: TrustChoice?

    @OptionGroup(title: "Output options") var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let registry = try store.open(.readOnly, output.console)
        var list = ListWriter(output)
        try registry.forEachDevice { device throws(ToolError) in
            if let trust, device.key?.identity.trust != trust.trust { return true }
            let report = DeviceReport(device: device)
            return try list.add(line: report.line) { report.write(json: &$0) }
        }
        try list.end("device")
        return .done
    }
}
