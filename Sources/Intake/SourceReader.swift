public import Diagnostics
public import InputOutput

/// What a command reads: how its errors call it, and whether it may be binary.
public struct Expectation: Sendable {
    /// The reason code of a source that is something else.
    public let code: ErrorCode
    /// `a token`, `a request`.
    public let what: String
    /// Whether DER or CBOR may stand where text could.
    public let takesBinary: Bool
    /// How inputs stand in a text.
    public enum Form: Sendable {
        /// Each on a line, or in a row of a table.
        case lines
        /// Over as many lines as it takes.
        case free
    }
    public let form: Form
    /// Whether an object of JSON on a line may be one.
    public let takesObjects: Bool

    public init(
        _ code: ErrorCode, _ what: String, takesBinary: Bool = false, form: Form = .free,
        takesObjects: Bool = true
    ) {
        self.form = form
        self.takesObjects = takesObjects
        self.code = code
        self.what = what
        self.takesBinary = takesBinary
    }

    /// Why an input that has lines and none of what is read is no good.
    public func none(in path: String) -> ToolError {
        ToolError(
            code, "expected \(what), found none in the input",
            context: [.init("file", path.escapedForTerminal)])
    }

    /// Why an input that holds nothing is no good.
    public func nothing(in path: String) -> ToolError {
        ToolError(
            code, "expected \(what), found an empty file", context: [.init("file", path.escapedForTerminal)])
    }
}

/// The beginning of an input, by which its format can be told.
public struct SourceHead {
    /// The text without its byte order mark, or binary data as it is.
    public let bytes: [UInt8]
    /// Whether there is nothing, or nothing but white space.
    public let isBlank: Bool
    /// Whether it is DER or other binary data.
    public let isBinary: Bool
}

/// An input that is open: the one door for all of them.
///
/// A byte order mark is read over, and a lone carriage return ends a line as a line feed does. UTF-16 and what is no
/// text of ours at all (a spreadsheet, an archive, a picture) is refused by its name.
public struct SourceReader {
    /// How far the look goes that decides on the format.
    public static let headSize = 65_536

    /// The path, or `-`.
    public let name: String
    /// All of it, once it was looked at.
    public let source: ByteSource
    private let expected: Expectation

    /// Opens a file, or standard input.
    public init(_ path: String, for expected: Expectation, meter: InputMeter? = nil) throws(ToolError) {
        name = path
        self.expected = expected
        source = try ByteSource(path: path, meter: meter)
    }

    /// Looks at the beginning, which stays in the source.
    ///
    /// - Parameter isEnough: what of a live source says enough; by default a whole line that is not blank.
    /// - Throws: ``ToolError``: `io`, or the code of what is expected for something else.
    public func look(
        _ demand: InputDemand = .awaited, limit: Int = headSize,
        isEnough: ([UInt8]) -> Bool = ByteSource.hasWholeLine
    ) throws(ToolError) -> Arrival<SourceHead> {
        guard let start = try source.peek(limit, demand, isEnough: isEnough).value else { return .nothingYet }
        if let foreign = ForeignContent(start, expected) {
            throw ToolError(
                expected.code, foreign.message(expected), context: [.init("file", name.escapedForTerminal)],
                hint: foreign.hint)
        }
        if expected.takesBinary, Self.isBinary(start) {
            return .value(SourceHead(bytes: start, isBlank: false, isBinary: true))
        }
        source.readAsText(without: Self.byteOrderMark)
        let head = try source.peek(0).value ?? []
        return .value(
            SourceHead(
                bytes: head, isBlank: source.isPeekedAtWhole && head.allSatisfy(\.isBlank), isBinary: false))
    }

    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    /// Text begins with a character that can be typed; DER and the messages of devices never do.
    private static func isBinary(_ head: [UInt8]) -> Bool {
        guard let first = head.first, !head.starts(with: byteOrderMark) else { return false }
        // A DER sequence of more than 127 octets: its length is no text. In a shorter one, such as a key of a small curve,
        // the tags and lengths that follow are none.
        if first == 0x30 {
            return head.count >= 2 && (head[1] >= 0x80 || head.prefix(8).contains { $0 < 0x09 })
        }
        if first == 0x20 || 0x09...0x0d ~= first || 0x20...0x7e ~= first { return false }
        return !beginsWithText(head.prefix(64))
    }

    /// Whether it is UTF-8 without control characters but those of terminals: what a word processor put for hyphens and
    /// quotation marks, spaces that are not seen, the colours of a log.
    private static func beginsWithText(_ start: ArraySlice<UInt8>) -> Bool {
        guard start.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || 0x09...0x0d ~= $0 || $0 == 0x1b }) else {
            return false
        }
        // The last character may be cut.
        let whole = start.count < 64 ? 0 : 3
        return (0...whole).contains { String(validating: start.dropLast($0), as: UTF8.self) != nil }
    }

    /// The whole content of the file at `path`, opened as every input is; refused beyond `limit` bytes.
    ///
    /// To whoever reads a whole file of PEM, text outside blocks is a comment: a damaged block in it is refused here.
    public static func contents(
        of path: String, for expected: Expectation, limit: Int = 16 << 20
    ) throws(ToolError) -> [UInt8] {
        let reader = try SourceReader(path, for: expected)
        _ = try reader.look()
        let bytes = try reader.source.readAll(limit: limit)
        if expected.code == .pem, !expected.takesBinary, let damage = PEMReview.error(in: bytes, of: path) {
            throw damage
        }
        return bytes
    }
}
