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
        var list = ListWriter(output)
        try ledger.forEachIssuance(filter, at: environment.now) { record throws(ToolError) in
            let report = try IssuanceRecordReport(record, of: ledger, at: environment.now)
            return try list.add(line: report.line) { report.write(json: &$0) }
        }
        try list.end("certificate")
        return .done
    }
}
