import Batches
import DeviceIdentity
import Diagnostics
import InputOutput
import Labels
import Store

/// Writes labels to a document, each device once, in the order of the rows.
final class LabelPrinter {
    private let format: LabelFormat
    let sink: any ByteSink
    private let file: String
    private var sheet: LabelSheet?
    private let seen: SeenKeys
    private(set) var count = 0

    init(_ format: LabelFormat, sink: any ByteSink, file: String) throws(ToolError) {
        self.format = format
        self.sink = sink
        self.file = file
        sheet = format == .pdf ? LabelSheet() : nil
        seen = try SeenKeys()
    }

    var settlement: Settlement<LabelReport> {
        Settlement { [self] (reports: inout [LabelReport]) throws(ToolError) in
            for index in reports.indices { try draw(&reports[index]) }
            return true
        }
    }

    /// Draws the label of a report, which then says where it stands.
    func draw(_ report: inout LabelReport) throws(ToolError) {
        guard case .success(let label) = report.label else { return }
        let line = report.location?.line ?? 1
        if let first = try seen.insert(label.uuid.bytes, source: 0, line: line, mark: 0) {
            report.label = .failure(
                CheckFailure(
                    .duplicateDevice, "device \(label.uuid) has a label already, of line \(first.line)"))
            return
        }
        switch format {
        case .pdf:
            sheet?.add(label)
            if let bytes = sheet?.take(), !bytes.isEmpty { try sink.write(bytes) }
        case .svg: try write(LabelSVG.document(label))
        case .png: try write(LabelPNG.document(label))
        }
        let perPage = format == .pdf ? LabelSheet.capacity : 1
        report.place = (count / perPage + 1, count % perPage + 1)
        count += 1
    }

    private func write(_ document: [UInt8]) throws(ToolError) {
        guard count == 0 else {
            throw ToolError(
                .usage, "expected one device for \(format.rawValue), found several",
                context: [.init("file", file.escapedForTerminal)],
                hint: "--format pdf writes sheets of labels")
        }
        try sink.write(document)
    }

    /// Ends the document.
    func finish() throws(ToolError) {
        if let bytes = sheet?.finish() { try sink.write(bytes) }
    }
}
