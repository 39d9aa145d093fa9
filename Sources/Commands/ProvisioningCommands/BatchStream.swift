import Batches
import Diagnostics
import InputOutput
import Intake
import JSON

/// A block of documents from one source.
struct BatchChunk: Sendable {
    enum Content: Sendable {
        /// JSON Lines.
        case lines(LineChunk)
        /// One document over many lines.
        case document([UInt8])
        /// The source could not be read.
        case unreadable(ToolError)
    }

    let source: SourceName
    let content: Content

    /// Calls `body` with each document of the block, or why it cannot be read, until it answers false.
    func forEachDocument(_ body: (Result<JSONValue, ToolError>, InputLocation) -> Bool) {
        switch content {
        case .unreadable(let error): _ = body(.failure(error), InputLocation(source, line: 1))
        case .document(let text):
            let document = Result { () throws(ToolError) in try Self.parse(text[...]) }
            _ = body(document, InputLocation(source, line: 1))
        case .lines(let lines):
            lines.forEachLine { line, number in
                if line.allSatisfy(\.isBlank) { return true }
                let document = Result { () throws(ToolError) in try JSONLine.parse(line) }
                return body(document, InputLocation(source, line: number))
            }
        }
    }

    private static func parse(_ text: ArraySlice<UInt8>) throws(ToolError) -> JSONValue {
        do {
            return try JSONValue(parsing: text)
        } catch {
            let place = error.line > 0 ? " (line \(error.line), column \(error.column))" : ""
            throw ToolError(error.toolError.code, error.message + place)
        }
    }
}

/// The inputs of `commands validate` and `encode`; memory does not grow with the number of batches.
struct BatchStream: QueuedSource {
    /// The longest document that is not JSON Lines, in bytes.
    private static let documentLimit = JSONLimits.standard.bytes

    static let expected = Expectation(.json, "a batch of commands")

    var inputs: InputQueue
    private var unread: SourceReader?
    private var current: (name: String, reader: LineChunkReader)?

    /// - Parameter paths: files, folders, `-` for standard input.
    init(_ paths: [String], filesFrom: String? = nil) {
        inputs = InputQueue(paths.map { .file($0) }, filesFrom: filesFrom, for: Self.expected)
    }

    /// The next block.
    mutating func next(_ demand: InputDemand) -> Arrival<BatchChunk> {
        while true {
            if current == nil {
                var name = unread?.name ?? ""
                do throws(ToolError) {
                    if unread == nil {
                        switch inputs.next(demand) {
                        case .nothingYet: return .nothingYet
                        case .end: return .end
                        case .value(.unreadable(let path, let error)):
                            name = path
                            throw error
                        case .value(.text(let path, _)), .value(.file(let path)):
                            name = path
                            unread = try SourceReader(path, for: Self.expected, meter: inputs.meter)
                        }
                    }
                    guard let source = unread else { continue }
                    let document = try open(source, demand)
                    if case .nothingYet = document { return .nothingYet }
                    unread = nil
                    if case .value = document { return document }
                } catch {
                    unread = nil
                    return .value(BatchChunk(source: SourceName(name), content: .unreadable(error)))
                }
            }
            guard let (name, unread) = current else { continue }
            // The optional's copy has to go, or every change of the reader's buffer would copy it.
            current = nil
            var reader = unread
            do throws(ToolError) {
                let lines = try reader.next(demand)
                if case .end = lines { continue }
                current = (name, reader)
                return lines.map { BatchChunk(source: SourceName(name), content: .lines($0)) }
            } catch {
                return .value(BatchChunk(source: SourceName(name), content: .unreadable(error)))
            }
        }
    }

    /// Begins with a source: its document if it is one over many lines, the end where its lines follow.
    private mutating func open(
        _ reader: SourceReader, _ demand: InputDemand
    ) throws(ToolError) -> Arrival<BatchChunk> {
        // A first line that is whole says enough; else only the whole document can.
        var limit = 65_536
        while true {
            let beginning = try reader.look(demand, limit: limit) { Self.firstLineIsWhole($0) == true }
            guard let look = beginning.value else { return .nothingYet }
            if look.isBlank {
                if inputs.isSeveral { throw Self.expected.nothing(in: reader.name) }
                return .value(BatchChunk(source: SourceName(reader.name), content: .document(look.bytes)))
            }
            let head = look.bytes
            if Self.firstLineIsWhole(head) == true { break }
            if reader.source.isPeekedAtWhole {
                if Self.isLines(head) { break }
                return .value(BatchChunk(source: SourceName(reader.name), content: .document(head)))
            }
            guard head.count <= Self.documentLimit else { break }
            limit = min(limit * 2, Self.documentLimit + 1)
        }
        current = (reader.name, LineChunkReader(reader.source))
        return .end
    }

    /// Whether the first line that is not blank is a JSON text by itself, nil if its end is not there yet.
    private static func firstLineIsWhole(_ head: [UInt8]) -> Bool? {
        guard let start = head.firstIndex(where: { !$0.isBlank }),
            let end = head[start...].firstIndex(of: 0x0a)
        else { return nil }
        return isJSON(head[start..<end])
    }

    /// Whether a text that is here in whole is JSON Lines, of which the first may be damaged.
    private static func isLines(_ text: [UInt8]) -> Bool {
        let lines = text.split(separator: 0x0a).lazy.filter { !$0.allSatisfy(\.isBlank) }.prefix(100)
        guard let first = lines.first else { return false }
        if first.count <= LineChunkReader.lineLimit, isJSON(first) { return true }
        // An indented document opens with a bracket or two, and its other lines begin inside of something.
        guard first.count(where: { !$0.isBlank }) > 2 else { return false }
        let hasObject = lines.dropFirst().contains { $0.first == UInt8(ascii: "{") && isJSON($0) }
        return hasObject && !isJSON(text[...])
    }

    private static func isJSON(_ text: ArraySlice<UInt8>) -> Bool {
        (try? JSONValue(parsing: text)) != nil
    }
}
