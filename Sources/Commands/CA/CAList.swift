import ArgumentParser
import Diagnostics
import InputOutput
import JSON
import Ledger
import Store

/// `assay ca list`
struct CAList: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List what a CA issued.",
        discussion: """
            As text one line a certificate: serial, status, end of validity, device, subject; - where no device is \
            known. In the order of issue. What other CAs issued into the same ledger is not shown.

            EXAMPLES

              assay ca list --ca ca
              assay ca list --ca ca --device 50363154-3931-44f0-8022-121b6401627d --json
            """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var wanted: IssuanceFilterOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let filter = try wanted.filter(of: try self.ledger.authority(), at: environment.now)
        let ledger = try ledger.open(.readOnly)
        let sink = StandardStream.output()
        var writer = JSONWriter(reservingCapacity: 65_536)
        var lines: [UInt8] = []
        var count = 0
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
