import InputOutput

/// Inputs among the lines of a PEM block: its END line is lost, and what follows is not of the block.
public enum PEMInterruption {
    /// The offset of the first line within `range` that has the shape of an input; nil if there is none.
    ///
    /// - Parameter range: from the beginning of a line.
    public static func first(in bytes: [UInt8], _ range: Range<Int>) -> Int? {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = bytes[start..<range.upperBound].firstIndex(of: 0x0a) ?? range.upperBound
            if isInput(bytes[start..<end]) { return start }
            start = end + 1
        }
        return nil
    }

    private static let marks = Array(".%{".utf8)

    /// Whether a line has the shape of an input, which no line of base64 has.
    public static func isInput(_ line: ArraySlice<UInt8>) -> Bool {
        // A character that base64 has not: most lines need no second look.
        guard ByteSearch.contains(anyOf: marks, in: line) else { return false }
        switch LineShape(line) {
        case .token, .answer, .cutAnswer, .several, .embedded: return true
        case .blank, .pemBegin, .noise: return line.trimmed.first == UInt8(ascii: "{")
        }
    }
}
