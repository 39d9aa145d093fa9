import Batches
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

    let source: SourceName
    let format: CBORFormat
    let content: Content

    /// Calls `body` with the bytes of each message, or why they cannot be read, until it answers false.
    func forEachMessage(_ body: (Result<[UInt8], ToolError>, InputLocation) -> Bool) {
        switch content {
        case .unreadable: break
        case .whole(let text):
            let bytes = Result { () throws(ToolError) in try decode(text[...]) }
            _ = body(bytes, InputLocation(source, line: 1))
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
                return body(bytes, InputLocation(source, line: number))
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
struct MessageStream: ChunkSource {
    /// The longest message that is not on one line, in bytes of the file.
    private static let wholeLimit = 16 << 20

    private static let expected = Expectation(.cbor, "CBOR", takesBinary: true)

    private let path: String
    private let asked: CBORFormat?
    private let isGeneral: Bool
    private var input: SourceReader?
    /// How it is written, as soon as enough of it is there to tell.
    private var format: CBORFormat?
    private var reader: LineChunkReader?
    private var atEnd = false

    /// - Parameter format: how it is written; nil to find out.
    /// - Parameter isGeneral: whether text that is neither hexadecimal nor base64url can be CBOR by itself.
    init(path: String, format: CBORFormat?, isGeneral: Bool) {
        self.path = path
        asked = format
        self.isGeneral = isGeneral
    }

    /// The next block.
    mutating func next(_ demand: InputDemand) -> Arrival<MessageChunk> {
        guard !atEnd else { return .end }
        do throws(ToolError) {
            if input == nil { input = try SourceReader(path, for: Self.expected) }
            guard let input else { return .end }
            if format == nil {
                let beginning = try input.look(
                    demand, limit: LineChunkReader.lineLimit + 1, isEnough: decides)
                guard let head = beginning.value else { return .nothingYet }
                if Interruption.requested { return .end }
                let format = try form(of: head.bytes)
                self.format = format
                if format != .binary, Self.isLines(head.bytes, format) {
                    reader = LineChunkReader(input.source)
                }
            }
            guard let format else { return .end }
            if reader == nil {
                let whole = try input.source.peek(Self.wholeLimit + 1, demand) { _ in false }
                guard let text = whole.value else { return .nothingYet }
                guard text.count <= Self.wholeLimit else {
                    throw ToolError(
                        .io, "file too large, expected at most \(Self.wholeLimit) bytes",
                        context: [.init("file", path.escapedForTerminal)])
                }
                atEnd = true
                return .value(MessageChunk(source: SourceName(path), format: format, content: .whole(text)))
            }
            guard let lines = try reader?.next(demand) else { return .end }
            return lines.map { MessageChunk(source: SourceName(path), format: format, content: .lines($0)) }
        } catch {
            return unreadable(error)
        }
    }

    private mutating func unreadable(_ error: ToolError) -> Arrival<MessageChunk> {
        atEnd = true
        return .value(
            MessageChunk(source: SourceName(path), format: format ?? .binary, content: .unreadable(error)))
    }

    private func form(of head: [UInt8]) throws(ToolError) -> CBORFormat {
        let place = path.escapedForTerminal
        guard !head.isEmpty else {
            throw ToolError(.cbor, "expected CBOR, found an empty input").at("file", place)
        }
        guard let format = asked ?? CBORFormat.detect(head[...]) ?? (isGeneral ? .binary : nil) else {
            throw ToolError(
                .cbor, "expected CBOR as bytes, hexadecimal or base64url text, found other text",
                hint: "of a hexdump give the digits alone: xxd -r, or cut the offsets and the characters away"
            ).at("file", place)
        }
        return format
    }

    /// Whether the beginning of a live source has a whole message on its first line: more of them will follow.
    private func decides(_ head: [UInt8]) -> Bool {
        guard let format = try? form(of: head), format != .binary,
            let line = head.split(separator: 0x0a).first(where: { !$0.allSatisfy(\.isBlank) }),
            line.endIndex < head.endIndex
        else { return false }
        return Self.isMessage(line, format)
    }

    /// Whether a text has one message a line rather than one message over all lines.
    ///
    /// The beginning of a data item is never an item itself, so one whole item on the first line, or on the second if
    /// the first is damaged, decides.
    private static func isLines(_ head: [UInt8], _ format: CBORFormat) -> Bool {
        let lines = head.split(separator: 0x0a).lazy.filter { !$0.allSatisfy(\.isBlank) }.prefix(2)
        return lines.contains { $0.endIndex < head.endIndex && isMessage($0, format) }
    }

    private static func isMessage(_ line: ArraySlice<UInt8>, _ format: CBORFormat) -> Bool {
        guard let bytes = try? format.decode(line) else { return false }
        return (try? CBORDecoder(.general).decode(bytes)) != nil
    }
}
