import Diagnostics
import InputOutput
import JWT

/// A block of inputs from one source.
struct JWTChunk: Sendable {
    enum Content: Sendable {
        case lines(LineChunk)
        /// One token, from the command line.
        case text(LineChunk)
        /// The source could not be read.
        case unreadable(ToolError)
    }

    let source: String
    let content: Content

    /// Calls `body` for each input with its line, in order, until it says false; blank lines are none.
    func forEachItem(_ body: (Int, ArraySlice<UInt8>) -> Bool) {
        switch content {
        case .text(let chunk): _ = body(chunk.firstLine, Self.token(in: chunk.bytes[...]))
        case .lines(let chunk):
            chunk.forEachLine { line, number in
                let token = Self.token(in: line)
                return token.isEmpty || body(number, token)
            }
        case .unreadable: break
        }
    }

    private static let markers = ["%JWT:", "%REGJWT:"].map { Array($0.utf8) }

    /// A line without blanks around it, and without what a modem writes around its token: `%JWT: "…"`.
    private static func token(in line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let text = line.trimmed
        guard text.first == UInt8(ascii: "%") else { return text }
        guard let marker = markers.first(where: { text.starts(with: $0) }) else { return text }
        let value = text.dropFirst(marker.count).trimmed
        guard value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") else {
            return value
        }
        return value.dropFirst().dropLast()
    }
}

/// The inputs of a JWT command as a stream of blocks; memory does not grow with the number of tokens.
struct JWTStream {
    /// About 50 tokens of a modem: small enough that the last blocks leave no core idle for long.
    private static let chunkSize = 24_576

    private var remaining: ArraySlice<SourceArgument>
    private var current: (name: String, reader: LineChunkReader)?

    init(_ sources: [SourceArgument]) { remaining = sources[...] }

    /// The next block.
    mutating func next(_ demand: InputDemand) -> Arrival<JWTChunk> {
        while true {
            if let name = current?.name {
                do {
                    switch try current?.reader.next(demand) {
                    case .value(let lines): return .value(JWTChunk(source: name, content: .lines(lines)))
                    case .nothingYet: return .nothingYet
                    case .end, nil: current = nil
                    }
                } catch {
                    current = nil
                    return .value(JWTChunk(source: name, content: .unreadable(error)))
                }
            }
            switch remaining.popFirst() {
            case nil: return .end
            case .text(let text, let position)?:
                let lines = LineChunk(bytes: Array(text.utf8), firstLine: position, lineCount: 1)
                return .value(JWTChunk(source: "argument", content: .text(lines)))
            case .file(let path)?:
                do {
                    current = (path, LineChunkReader(try ByteSource(path: path), target: Self.chunkSize))
                } catch {
                    return .value(JWTChunk(source: path, content: .unreadable(error)))
                }
            }
        }
    }
}
