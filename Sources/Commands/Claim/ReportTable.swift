import CSV
import Diagnostics
import InputOutput

/// `--report`: the results as CSV.
final class ReportTable {
    private let file: NewFile
    private var writer: CSVWriter

    init(path: String, replaces: Bool, forSpreadsheet: Bool) throws(ToolError) {
        file = try NewFile(path: path, replaces: replaces)
        writer = CSVWriter(forSpreadsheet: forSpreadsheet)
        writer.record(ClaimReport.reportHeader)
    }

    func append(_ report: ClaimReport) throws(ToolError) {
        report.write(csv: &writer)
        if writer.bytes.count >= 65_536 { try flush() }
    }

    func commit() throws(ToolError) {
        try flush()
        try file.commit()
    }

    private func flush() throws(ToolError) {
        try file.write(writer.bytes)
        writer.removeAll()
    }
}
