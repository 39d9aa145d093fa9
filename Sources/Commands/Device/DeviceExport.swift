import Batches
import ArgumentParser
import Attestation
import CSV
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import OpenSSL
import Registry
import Store

/// `assay device export`
struct DeviceExport: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the registry as CSV or JSON Lines.",
        discussion: """
            device import reads the CSV back: uuid,imei,spkiBase64,trust with a header.

            EXAMPLES

              assay device export -o keys.csv
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case csv, jsonl
    }

    @Option(help: .init("csv (the default) or jsonl.", valueName: "format"))
    var format: Format = .csv

    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Output options") var file: FileOptions

    @Flag(help: "Print no progress and no summary on standard error.")
    var quiet = false

    func run(in environment: Environment) throws -> ExitStatus {
        let console = Console(json: false, quiet: quiet)
        let registry = try store.open(.readOnly, console)
        let sink = try file.sink()
        var csv = CSVWriter()
        var json = JSONWriter(reservingCapacity: 65_536)
        if format == .csv { csv.record(["uuid", "imei", "spkiBase64", "trust"]) }
        var count = 0
        try registry.forEachDevice { device throws(ToolError) in
            count += 1
            switch format {
            case .csv:
                let key = device.key?.identity
                csv.record([
                    device.uuid.description, device.imei?.description ?? "",
                    key.map { String(decoding: Base64.encode($0.publicKey.spki, .standard), as: UTF8.self) }
                        ?? "",
                    key?.trust.rawValue ?? "",
                ])
            case .jsonl: DeviceReport(device: device).write(json: &json)
            }
            if csv.bytes.count + json.bytes.count > 60_000 {
                try sink.write(csv.bytes + json.bytes)
                csv.removeAll()
                json.removeAll()
            }
            return !Interruption.requested
        }
        try sink.write(csv.bytes + json.bytes)
        try file.conclude(sink, isEmpty: count == 0, console)
        console.note("assay: \(Tally.count(count, "device")) exported")
        return .done
    }
}
