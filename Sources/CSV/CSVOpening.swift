/// What a text of CSV begins with before its first record: a byte order mark, and a line that declares the delimiter.
struct CSVOpening {
    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
    /// Octets of `sep=;` with its line end.
    private static let longest = 7

    let hasByteOrderMark: Bool
    /// The line that declares it, with its line end; empty where there is none.
    let declaration: [UInt8]
    let declared: CSVDelimiter?

    /// Octets before the first record.
    var length: Int { (hasByteOrderMark ? Self.byteOrderMark.count : 0) + declaration.count }

    /// - Parameters:
    ///   - bytes: the beginning of the text.
    ///   - isWhole: whether nothing follows it.
    ///   - takesDeclaration: whether a first line such as `sep=;` is none of the records.
    /// - Returns: nil while too few bytes are there to tell.
    init?(_ bytes: [UInt8], isWhole: Bool, takesDeclaration: Bool) {
        let mark = Self.byteOrderMark
        if !isWhole, bytes.count < mark.count, mark.starts(with: bytes) { return nil }
        hasByteOrderMark = bytes.starts(with: mark)
        let head = bytes.dropFirst(hasByteOrderMark ? mark.count : 0).prefix(Self.longest)
        guard takesDeclaration, head.first.map({ $0 | 0x20 == UInt8(ascii: "s") }) ?? !isWhole else {
            declaration = []
            declared = nil
            return
        }
        let end = head.firstIndex(of: Ascii.lineFeed)
        if !isWhole, end == nil, head.count < Self.longest { return nil }
        let text = head[..<(end ?? head.startIndex)]
        let line = text.last == Ascii.carriageReturn ? text.dropLast() : text
        declared = CSVDelimiter(declaredBy: line)
        declaration = declared == nil ? [] : Array(head[...(end ?? head.startIndex)])
    }
}
