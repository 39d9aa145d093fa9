import Diagnostics
import InputOutput

/// `--rejects`: the rows that are not ready, byte for byte as they were, in a form that can be read again.
///
/// Rows of files with different columns are told apart by a header line before each group.
final class RejectsFile {
    private static let plainHeader = Array("imei,uuid,token,time\n".utf8)

    private let file: NewFile
    private var shape: RejectShape?
    private var buffer: [UInt8] = []
    private var endsLine = true

    /// The file is for its owner alone: rows hold tokens.
    init(path: String, replaces: Bool) throws(ToolError) {
        file = try NewFile(path: path, mode: .ownerOnly, replaces: replaces)
    }

    func append(_ raw: some Collection<UInt8>, _ shape: RejectShape) throws(ToolError) {
        if !endsLine { buffer.append(0x0a) }
        if shape != self.shape { try begin(shape, before: raw) }
        try continueRow(raw)
    }

    /// More of the row that was appended last.
    func continueRow(_ raw: some Collection<UInt8>) throws(ToolError) {
        buffer.append(contentsOf: raw)
        if let last = buffer.last { endsLine = last == 0x0a }
        if buffer.count >= 65_536 { try flush() }
    }

    func commit() throws(ToolError) {
        // Rows of CSV keep the end that they had; lines come without one.
        if !endsLine, let shape, shape.format != .csv { buffer.append(0x0a) }
        try flush()
        try file.commit()
    }

    private func begin(_ shape: RejectShape, before raw: some Collection<UInt8>) throws(ToolError) {
        if let before = self.shape,
            before.format != shape.format || before.declaration != shape.declaration || shape.isBody
        {
            throw ToolError(
                .usage, "--rejects cannot hold rows of two forms in one file",
                hint: "check the files one by one")
        }
        if self.shape == nil { buffer += shape.declaration }
        if let header = shape.header {
            // A header that nothing can be read under is the first of the rows that it spoils.
            if !header.elementsEqual(raw) {
                buffer += header
                if header.last != 0x0a { buffer.append(0x0a) }
            }
        } else if self.shape != nil, shape.format == .csv {
            buffer += Self.plainHeader
        }
        self.shape = shape
    }

    private func flush() throws(ToolError) {
        try file.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}
