/// The text between the blocks of a PEM file: a comment, unless a block stands in the middle of one of its lines, as it
/// does in JSON and where the line feeds were lost.
public struct TextBetweenBlocks: Sendable {
    private static let begin = Array("-----BEGIN ".utf8)

    /// Lines that are comments.
    public private(set) var comments = 0
    /// The offsets of lines with the beginning of a block in them.
    public private(set) var damaged: [Int] = []

    /// - Parameter range: from the beginning of a line, or behind a block, to the end of one.
    public init(_ bytes: [UInt8], _ range: Range<Int>) {
        for line in bytes[range].split(separator: 0x0a) where !line.allSatisfy(\.isBlank) {
            if Self.holdsBegin(line) { damaged.append(line.startIndex) } else { comments += 1 }
        }
    }

    /// Whether a block begins within a line.
    public static func holdsBegin(_ line: ArraySlice<UInt8>) -> Bool {
        var rest = line
        while let dash = rest.firstIndex(of: UInt8(ascii: "-")) {
            if rest[dash...].starts(with: begin) { return true }
            rest = rest[(dash + 1)...]
        }
        return false
    }

    /// What is said of such a line.
    public static let reason =
        "expected the BEGIN line at the beginning of a line, found it within one: the block is indented, or stands in "
        + "JSON, or its line feeds were lost"
}
