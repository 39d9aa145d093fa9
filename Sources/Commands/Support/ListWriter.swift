import Diagnostics
import InputOutput
import JSON

/// Prints what a registry or a ledger holds, one line or one object each, and how many there were.
struct ListWriter {
    /// Octets that are held before they are written.
    private static let limit = 60_000

    private let sink = StandardStream.output()
    private let output: OutputOptions
    private var writer = JSONWriter(reservingCapacity: 65_536)
    private var lines: [UInt8] = []
    private var count = 0

    init(_ output: OutputOptions) { self.output = output }

    /// - Returns: whether more is wanted.
    mutating func add(
        line: @autoclosure () -> [UInt8], json write: (inout JSONWriter) -> Void
    ) throws(ToolError) -> Bool {
        count += 1
        if output.json { write(&writer) } else { lines += line() }
        if writer.bytes.count + lines.count > Self.limit { try flush() }
        return !Interruption.requested
    }

    /// - Parameter noun: what was listed, of one.
    mutating func end(_ noun: String) throws(ToolError) {
        try flush()
        output.console.note("assay: \(count) \(noun)\(count == 1 ? "" : "s")")
    }

    private mutating func flush() throws(ToolError) {
        try sink.write(writer.bytes + lines)
        writer.removeAll()
        lines.removeAll(keepingCapacity: true)
    }
}
