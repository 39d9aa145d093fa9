import Batches
import Diagnostics
import InputOutput
import Intake
import JWT
import OpenSSL

/// A block of inputs from one source.
struct JWTChunk: Sendable {
    enum Content: Sendable {
        case lines(LineChunk)
        /// One token, from the command line.
        case text(LineChunk)
        /// The source could not be read.
        case unreadable(ToolError)
    }

    let source: SourceName
    let content: Content
    var passedOver: PassedOver?

    /// Whether a line is what else a modem says and is told in the log of a JWT: `AT%JWT`, `OK`, `+CME ERROR: 518`.
    private static func isTalk(_ line: ArraySlice<UInt8>) -> Bool {
        // No JWT begins with another letter: most lines need no second look.
        line.first != UInt8(ascii: "e") && LineCensus.isModem(line)
    }

    /// Whether there is an input in the block; what is passed over is not counted here.
    var holdsInput: Bool {
        var chunk = self
        chunk.passedOver = nil
        var isThere = false
        chunk.forEachItem { _, _ in
            isThere = true
            return false
        }
        return isThere
    }

    /// Why the modem gave nothing, where the block is of a log that says so.
    var refusal: ModemRefusal? {
        if case .lines(let lines) = content { ModemRefusal(in: lines) } else { nil }
    }

    /// Calls `body` for each input with its line, in order, until it says false; blank lines are none.
    func forEachItem(_ body: (Int, ArraySlice<UInt8>) -> Bool) {
        switch content {
        case .text(let chunk): _ = body(chunk.firstLine, Self.token(in: chunk.bytes[...]))
        case .lines(let chunk):
            chunk.forEachLine { line, number in
                let token = Self.token(in: line)
                if token.isEmpty { return true }
                if Self.isTalk(token) {
                    passedOver?.add(lines: 1)
                    return true
                }
                return body(number, token)
            }
        case .unreadable: break
        }
    }

    /// What stands before a token: a modem's word for it, or that of an HTTP header.
    private static let markers = ["%JWT:", "%REGJWT:", "Bearer ", "bearer ", "Authorization: Bearer "]
        .map { Array($0.utf8) }

    /// A line without blanks and quotation marks around it, and without what stands before its token: `%JWT: "…"`.
    private static func token(in line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let text = line.trimmed.unquoted
        // The letters that a token cannot begin with: most of them need no second look.
        guard let first = text.first,
            first != UInt8(ascii: "e") || Octets.firstIndex(of: 0x20, in: text) != nil
        else { return text }
        if let marker = markers.first(where: { text.starts(with: $0) }) {
            return text.dropFirst(marker.count).trimmed.unquoted
        }
        // An object or a row may say more of its token than is read here.
        guard first != UInt8(ascii: "{"), Octets.firstIndex(of: 0x20, in: text) != nil,
            !text.contains(UInt8(ascii: ",")) || first == UInt8(ascii: "["),
            let word = onlyToken(in: text)
        else { return text }
        return word
    }

    /// The one word among others that begins as the header of a JWT does, as a log, a header or a shell has it.
    private static func onlyToken(in text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        // One that is damaged is not passed over for another.
        let words = text.split { !isOfToken($0) }.filter { $0.starts(with: "eyJ".utf8) }
        guard let word = words.first, words.count == 1, word.count > 40,
            word.count(where: { $0 == UInt8(ascii: ".") }) == 2
        else { return nil }
        return word
    }

    private static func isOfToken(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || 0x41...0x5a ~= byte || 0x61...0x7a ~= byte || "-_.".utf8.contains(byte)
    }
}

/// The inputs of a JWT command as a stream of blocks; memory does not grow with the number of tokens.
struct JWTStream: QueuedSource {
    /// About 50 tokens of a modem: small enough that the last blocks leave no core idle for long.
    private static let chunkSize = 24_576

    static let expected = Expectation(.jwtFormat, "a JWT", form: .lines, takesObjects: false)

    var inputs: InputQueue
    private var unread: SourceReader?
    private var current: (name: String, reader: LineChunkReader)?
    /// Whether anything that the current source holds was a token.
    private var yield = SourceYield()

    init(_ sources: [SourceArgument], filesFrom: String? = nil) {
        inputs = InputQueue(sources.map(\.input), filesFrom: filesFrom, for: Self.expected)
    }

    /// The next block.
    mutating func next(_ demand: InputDemand) -> Arrival<JWTChunk> {
        while true {
            let name = current?.name ?? unread?.name ?? ""
            do throws(ToolError) {
                if let reader = unread {
                    guard let head = try reader.look(demand).value else { return .nothingYet }
                    unread = nil
                    if head.isBlank, inputs.isSeveral { throw Self.expected.nothing(in: name) }
                    current = (name, LineChunkReader(reader.source, target: Self.chunkSize))
                }
                if let lines = try current?.reader.next(demand) {
                    if case .end = lines {
                        current = nil
                        try yield.end(Self.expected, in: name, isOneOfSeveral: inputs.isSeveral)
                    } else {
                        let passedOver = inputs.passedOver
                        let arrival = lines.map {
                            JWTChunk(source: SourceName(name), content: .lines($0), passedOver: passedOver)
                        }
                        if let chunk = arrival.value {
                            yield.note(holds: chunk.holdsInput, refusal: chunk.refusal)
                        }
                        return arrival
                    }
                }
            } catch {
                unread = nil
                current = nil
                yield.reset()
                return .value(JWTChunk(source: SourceName(name), content: .unreadable(error)))
            }
            switch inputs.next(demand) {
            case .nothingYet: return .nothingYet
            case .end: return .end
            case .value(.text(let text, let position)):
                let lines = LineChunk(bytes: Array(text.utf8), firstLine: position, lineCount: 1)
                return .value(JWTChunk(source: SourceName("argument"), content: .text(lines)))
            case .value(.unreadable(let name, let error)):
                return .value(JWTChunk(source: SourceName(name), content: .unreadable(error)))
            case .value(.file(let path)):
                do throws(ToolError) {
                    unread = try SourceReader(path, for: Self.expected, meter: inputs.meter)
                } catch {
                    return .value(JWTChunk(source: SourceName(path), content: .unreadable(error)))
                }
            }
        }
    }
}
