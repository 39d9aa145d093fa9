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

    public init(_ code: ErrorCode, _ what: String, takesBinary: Bool = false) {
        self.code = code
        self.what = what
        self.takesBinary = takesBinary
    }

    /// Why an input that holds nothing is no good.
    public func nothing(in path: String) -> ToolError {
        ToolError(
            code, "expected \(what), found an empty file", context: [.init("file", path.escapedForTerminal)])
    }
}

/// An input that was opened and looked at: the one door for all of them.
///
/// A byte order mark is read over, and a lone carriage return ends a line as a line feed does. UTF-16 and what is no
/// text of ours at all (a spreadsheet, an archive, a picture) is refused by its name.
public struct SourceReader {
    /// How far the look goes that decides on the format.
    public static let headSize = 65_536

    /// The path, or `-`.
    public let name: String
    /// What comes after the head.
    public let source: ByteSource
    /// The beginning of the text, without its byte order mark.
    public private(set) var head: [UInt8]
    /// Whether there is nothing, or nothing but white space.
    public let isBlank: Bool
    /// Whether it is DER or other binary data, which is given out as it is.
    public let isBinary: Bool

    /// - Throws: ``ToolError``: `io`, or the code of `expected` for what is something else.
    public init(_ path: String, for expected: Expectation, meter: InputMeter? = nil) throws(ToolError) {
        name = path
        source = try ByteSource(path: path, meter: meter)
        head = []
        var isAtEnd = false
        while !isAtEnd, head.count < Self.headSize {
            isAtEnd = try source.read(into: &head, limit: Self.headSize) == 0
        }
        if let foreign = ForeignContent(head, expected) {
            throw ToolError(
                expected.code, foreign.message(expected), context: [.init("file", path.escapedForTerminal)],
                hint: foreign.hint)
        }
        isBinary = expected.takesBinary && Self.isBinary(head)
        if !isBinary {
            if head.starts(with: Self.byteOrderMark) { head.removeFirst(Self.byteOrderMark.count) }
            try source.normalizeLineEnds(of: &head)
        }
        isBlank = isAtEnd && head.allSatisfy(\.isBlank)
    }

    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    /// Text begins with a character that can be typed; DER and the messages of devices never do.
    private static func isBinary(_ head: [UInt8]) -> Bool {
        guard let first = head.first, !head.starts(with: byteOrderMark) else { return false }
        // A DER sequence of more than 127 octets: its length is no text.
        if first == 0x30 { return head.count >= 2 && head[1] >= 0x80 }
        return !(first == 0x20 || 0x09...0x0d ~= first || 0x20...0x7e ~= first)
    }

    /// All of it, refused beyond `limit` bytes.
    public func contents(limit: Int = 16 << 20) throws(ToolError) -> [UInt8] {
        head + (try source.readAll(limit: max(limit - head.count, 0)))
    }

    /// The whole content of the file at `path`, opened as every input is.
    public static func contents(
        of path: String, for expected: Expectation, limit: Int = 16 << 20
    ) throws(ToolError) -> [UInt8] {
        try SourceReader(path, for: expected).contents(limit: limit)
    }
}
