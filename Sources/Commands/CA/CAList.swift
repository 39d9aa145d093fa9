import ArgumentParser
import Diagnostics
import InputOutput
import JSON
import Store

/// `assay ca list`
struct CAList: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List what the ledger says was issued.",
        discussion: """
            As text one line a certificate: serial, status, end of validity, device, subject; - where no device is \
            known. In the order of issue.
            """)

    @OptionGroup var wanted: IssuanceFilterOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let ledger = try store.open(.readOnly, output.console)
        let sink = StandardStream.output()
        var writer = JSONWriter(reservingCapacity: 65_536)
        var lines: [UInt8] = []
        var count = 0
        let filter = try wanted.filter(at: environment.now)
        try ledger.forEachIssuance(filter, at: environment.now) { record throws(ToolError) in
            count += 1
            let report = try IssuanceRecordReport(record, of: ledger, at: environment.now)
            if output.json { report.write(json: &writer) } else { lines += report.line }
            if writer.bytes.count + lines.count > 60_000 {
                try sink.write(writer.bytes + lines)
                writer.removeAll()
                lines.removeAll(keepingCapacity: true)
            }
            return !Interruption.requested
        }
        try sink.write(writer.bytes + lines)
        output.console.note("assay: \(count) \(count == 1 ? "certificate" : "certificates")")
        return .done
    }
}
