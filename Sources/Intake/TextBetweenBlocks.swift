import PKIX

/// The text between the blocks of a PEM file: a comment, unless a block stands in the middle of one of its lines, as it
/// does in JSON and where the line feeds were lost, or without the lines around it that PEM has.
public struct TextBetweenBlocks: Sendable {
    private static let begin = Array("-----BEGIN ".utf8)

    /// Lines that are comments.
    public private(set) var comments = 0
    /// Lines with the beginning of a block in them: where they begin, and what is said of them.
    public private(set) var damaged: [(offset: Int, reason: String)] = []

    /// Whether the range ends within a damaged block, whose END line is then still to come.
    public private(set) var endsInDamage = false

    /// - Parameters:
    ///   - range: from the beginning of a line, or after a block, to the end of one.
    ///   - beginsInDamage: whether what was looked at before it ended within a damaged block.
    public init(_ bytes: [UInt8], _ range: Range<Int>, beginsInDamage: Bool = false) {
        endsInDamage = beginsInDamage
        for line in bytes[range].split(separator: 0x0a) where !line.allSatisfy(\.isBlank) {
            // What follows a damaged BEGIN line is of its block, and has been told with it.
            if endsInDamage, BareBlock.isBase64(line.trimmed) || PEMDamage.isArmour(line) {
                if PEMDamage.isArmour(line), !PEMDamage.isBegin(line) { endsInDamage = false }
                continue
            }
            endsInDamage = false
            if Self.holdsBegin(line) || PEMDamage.isBegin(line) {
                damaged.append((line.startIndex, Self.reason(of: line)))
                endsInDamage = PEMDamage.isBegin(line)
            } else if BareBlock.isBegun(by: line) {
                damaged.append((line.startIndex, Self.bareReason))
                endsInDamage = true
            } else {
                comments += 1
            }
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

    /// Whether a file is one of PEM blocks, whatever comments are before the first: none of the lines there is a row
    /// of a table or an object.
    public static func beginsWithBlocks(_ head: [UInt8]) -> Bool {
        for line in head.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            let text = line.trimmed
            if text.starts(with: begin) { return true }
            if text.first == UInt8(ascii: "{") || LineCensus.isRow(text) { return false }
        }
        return false
    }

    /// The number of the first line that is a row of a table, from 1.
    public static func firstRow(in bytes: [UInt8]) -> Int? {
        let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        return lines.firstIndex { LineCensus.isRow($0.trimmed) }.map { $0 + 1 }
    }

    static let bareReason =
        "expected BEGIN and END lines around the base64, found DER in base64 without them"

    /// What is said of a line that holds the beginning of a block and is no BEGIN line.
    public static func reason(of line: ArraySlice<UInt8>) -> String {
        PEMError.damaged(PEMDamage.cause(in: line))
    }
}
