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
        let sink = StandardStream.output()
        var writer = JSONWriter(reservingCapacity: 65_536)
        var lines: [UInt8] = []
        var count = 0
        try registry.forEachDevice { device throws(ToolError) in
            if let trust, device.key?.identity.trust != trust.trust { return true }
            count += 1
            let report = DeviceReport(device: device)
            if output.json { report.write(json: &writer) } else { lines += report.line }
            if writer.bytes.count + lines.count > 60_000 {
                try sink.write(writer.bytes + lines)
                writer.removeAll()
                lines.removeAll(keepingCapacity: true)
            }
            return !Interruption.requested
        }
        try sink.write(writer.bytes + lines)
        output.console.note("assay: \(count) \(count == 1 ? "device" : "devices")")
        return .done
    }
}
