import CBOR
import Diagnostics
import InputOutput
import Intake

/// A block of messages from one source.
struct MessageChunk: Sendable {
    enum Content: Sendable {
        /// One message a line.
        case lines(LineChunk)
        /// One message.
        case whole([UInt8])
        /// The source could not be read on.
        case unreadable(ToolError)
    }

    let source: String
    let format: CBORFormat
    let content: Content

    /// Calls `body` with the bytes of each message, or why there are none, until it answers false.
    func forEachMessage(_ body: (Result<[UInt8], ToolError>, InputLocation) -> Bool) {
        switch content {
        case .unreadable(let error): _ = body(.failure(error), InputLocation(source: source, line: 1))
        case .whole(let text):
            let bytes = Result { () throws(ToolError) in try decode(text[...]) }
            _ = body(bytes, InputLocation(source: source, line: 1))
        case .lines(let lines):
            lines.forEachLine { line, number in
                if line.allSatisfy(\.isBlank) { return true }
                let bytes = Result { () throws(ToolError) in
                    guard line.count <= LineChunkReader.lineLimit else {
                        throw ToolError(
                            .cbor, "expected lines of at most \(LineChunkReader.lineLimit) characters")
                    }
                    return try decode(line)
                }
                return body(bytes, InputLocation(source: source, line: number))
            }
        }
    }

    private func decode(_ text: ArraySlice<UInt8>) throws(ToolError) -> [UInt8] {
        do throws(ToolError) {
            return try format.decode(text)
        } catch {
            // What it was taken for: the rest of the message may be hard to understand without.
            throw error.at("text of", format == .hex ? "hexadecimal digits" : "base64url")
        }
    }
}

/// The input of `commands decode`; memory does not grow with the number of messages.
struct MessageStream {
    /// The longest message that is not on one line, in bytes of the file.
    private static let wholeLimit = 16 << 20

    private static let expected = Expectation(.cbor, "CBOR", takesBinary: true)

    private let path: String
    private let format: CBORFormat?
    private let isGeneral: Bool
    private var current: (source: SourceReader, format: CBORFormat, lines: LineChunkReader?)?
    private var atEnd = false

    /// - Parameter format: how it is written; nil to find out.
    /// - Parameter isGeneral: whether text that is neither hexadecimal nor base64url can be CBOR by itself.
    init(path: String, format: CBORFormat?, isGeneral: Bool) {
        self.path = path
        self.format = format
        self.isGeneral = isGeneral
    }

    /// The next block, or `nil` at the end.
    mutating func next() -> MessageChunk? {
        guard !atEnd else { return nil }
        do throws(ToolError) {
            if current == nil { current = try open() }
            guard let (source, format, lines) = current else { return nil }
            current = nil
            guard var lines else {
                atEnd = true
                let text = try source.contents(limit: Self.wholeLimit)
                return MessageChunk(source: path, format: format, content: .whole(text))
            }
            guard let chunk = try lines.next() else {
                atEnd = true
                return nil
            }
            current = (source, format, lines)
            return MessageChunk(source: path, format: format, content: .lines(chunk))
        } catch {
            atEnd = true
            return MessageChunk(source: path, format: format ?? .binary, content: .unreadable(error))
        }
    }

    /// Opens the source and looks at its beginning.
    private func open() throws(ToolError) -> (SourceReader, CBORFormat, LineChunkReader?) {
        let reader = try SourceReader(path, for: Self.expected)
        let place = path.escapedForTerminal
        guard !reader.head.isEmpty, !(reader.isBlank && format != .binary && !isGeneral) else {
            throw ToolError(.cbor, "expected CBOR, found an empty input").at("file", place)
        }
        let detected = CBORFormat.detect(reader.head[...]) ?? (isGeneral ? .binary : nil)
        guard let format = format ?? detected else {
            throw ToolError(
                .cbor, "expected CBOR as bytes, hexadecimal or base64url text, found other text",
                hint: "--format says how it is written"
            ).at("file", place)
        }
        let isLines = format != .binary && Self.isLines(reader.head, format)
        return (reader, format, isLines ? LineChunkReader(reader.source, head: reader.head) : nil)
    }

    /// Whether a text has one message a line rather than one message over all lines.
    ///
    /// The beginning of a data item is never an item itself, so one whole item on the first line, or on the second if
    /// the first is damaged, decides.
    private static func isLines(_ head: [UInt8], _ format: CBORFormat) -> Bool {
        let lines = head.split(separator: 0x0a).lazy.filter { !$0.allSatisfy(\.isBlank) }.prefix(2)
        guard lines.count == 2 else { return false }
        return lines.contains { line in
            guard let bytes = try? format.decode(line) else { return false }
            return (try? CBORDecoder(.general).decode(bytes)) != nil
        }
    }
}
