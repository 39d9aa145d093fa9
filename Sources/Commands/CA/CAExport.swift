import ArgumentParser
import Diagnostics
import InputOutput
import JSON
import PKIX
import Store

/// `assay ca export`
struct CAExport: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the certificates of the ledger as PEM or JSON Lines.",
        discussion: """
            All certificates, whatever their status, unless options say which. pem: one block after the other. jsonl: \
            what ca show says of each, with certificatePem.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case pem, jsonl
    }

    @Option(help: .init("pem (the default) or jsonl.", valueName: "format"))
    var format: Format = .pem

    @OptionGroup var wanted: IssuanceFilterOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var file: FileOptions

    @Flag(help: "Print no summary on standard error.")
    var quiet = false

    func run(in environment: Environment) throws -> ExitStatus {
        let console = Console(json: false, quiet: quiet)
        let ledger = try store.open(.readOnly, console)
        var filter = try wanted.filter(at: environment.now)
        filter.certificatesOnly = true
        let sink = try file.sink()
        var writer = JSONWriter(reservingCapacity: 65_536)
        var blocks: [UInt8] = []
        var count = 0
        try ledger.forEachIssuance(filter, at: environment.now) { record throws(ToolError) in
            guard let certificate = record.certificate else { return true }
            count += 1
            switch format {
            case .pem: blocks += PEMWriter.encode(label: "CERTIFICATE", der: certificate)
            case .jsonl:
                var report = try IssuanceRecordReport(record, of: ledger, at: environment.now)
                report.showsCertificate = true
                report.write(json: &writer)
            }
            if writer.bytes.count + blocks.count > 60_000 {
                try sink.write(writer.bytes + blocks)
                writer.removeAll()
                blocks.removeAll(keepingCapacity: true)
            }
            return !Interruption.requested
        }
        try sink.write(writer.bytes + blocks)
        if !Interruption.requested { try sink.commit() }
        console.note("assay: \(count) \(count == 1 ? "certificate" : "certificates") exported")
        return .done
    }
}
