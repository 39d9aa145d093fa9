/// What became of the BEGIN line of a PEM block on its way through editors, shells and documents.
public enum PEMDamage {
    private static let begin = Array("BEGIN ".utf8)
    private static let end = Array("END ".utf8)
    /// How the labels of blocks end that are read or named: other words in capitals are a comment.
    private static let labels = ["CERTIFICATE", "REQUEST", "KEY", "CRL"].map { Array($0.utf8) }

    /// Whether a line is a BEGIN or END line but for its dashes and what stands around it: blanks, quotation marks.
    public static func isArmour(_ line: ArraySlice<UInt8>) -> Bool {
        guard let words = words(of: line) else { return false }
        return words.starts(with: begin) || words.starts(with: end)
    }

    /// The same for a BEGIN line alone.
    public static func isBegin(_ line: ArraySlice<UInt8>) -> Bool {
        words(of: line)?.starts(with: begin) ?? false
    }

    /// The words of a line without dashes, blanks and marks around them; nil for other lines, most of which end this
    /// at their first letter.
    private static func words(of line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard var words = line.firstIndex(where: { !isAround($0) }).map({ line[$0...] }),
            words.first == UInt8(ascii: "B") || words.first == UInt8(ascii: "E")
        else { return nil }
        while let last = words.last, isAround(last) { words.removeLast() }
        guard words.startIndex > line.startIndex, words.allSatisfy(isOfLabel),
            labels.contains(where: { words.suffix($0.count).elementsEqual($0) })
        else { return nil }
        return words
    }

    /// Dashes of all kinds, which beyond ASCII are octets from 0x80 on, and what quotes, indents and lists lines.
    private static func isAround(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x09, 0x0A, 0x0D, 0x20, 0x80...: true
        case UInt8(ascii: "-"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: ">"), UInt8(ascii: "|"),
            UInt8(ascii: ","), UInt8(ascii: "`"):
            true
        default: false
        }
    }

    private static func isOfLabel(_ octet: UInt8) -> Bool {
        0x41...0x5A ~= octet || 0x30...0x39 ~= octet || octet == 0x20 || octet == UInt8(ascii: ".")
    }

    /// What is wrong with a line that holds the beginning of a block; nil where it cannot be told.
    public static func cause(in line: ArraySlice<UInt8>) -> String? {
        guard let word = range(ofBeginIn: line) else { return nil }
        let before = line[..<word.lowerBound]
        let dashes = before.reversed().prefix { $0 == UInt8(ascii: "-") }.count
        let around = before.dropLast(dashes)
        let after = line[word.upperBound...].drop(while: isOfLabel)
        let rest = after.drop { $0 == UInt8(ascii: "-") }
        if isJSON(line), around.contains(UInt8(ascii: ":")) {
            return "it stands in JSON; give the text of its member alone (jq -r)"
        }
        if rest.starts(with: Array("\\n".utf8)) || rest.starts(with: Array("\\r\\n".utf8)) {
            return
                "the two characters \\n stand where line feeds belong (printf %b writes line feeds for them)"
        }
        if let first = rest.first(where: { !isAround($0) }), after.count - rest.count == 5, isBase64(first) {
            return rest.first == 0x20
                ? "spaces stand where line feeds belong" : "the line feeds of the block were lost"
        }
        if let stranger = stranger(in: around) ?? stranger(in: after) { return stranger }
        if dashes != 5 { return "its dashes are not five hyphens" }
        if around.isEmpty { return nil }
        if around.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return "the lines of the block are indented" }
        if around.contains(UInt8(ascii: ">")), around.allSatisfy({ " \t>".utf8.contains($0) }) {
            return "the lines of the block are quoted with >, as mail does; remove what stands before them"
        }
        return around.allSatisfy(isAround)
            ? "it stands in quotation marks"
            : "other text stands before it on its line; give the lines of the block alone"
    }

    /// A log may begin with a time in brackets.
    private static func isJSON(_ line: ArraySlice<UInt8>) -> Bool {
        var text = line.drop { $0 == 0x20 || $0 == 0x09 }
        while text.first == UInt8(ascii: "[") { text = text.dropFirst().drop { $0 == 0x20 } }
        return text.first == UInt8(ascii: "{") || text.first == UInt8(ascii: "\"")
    }

    /// What a character beyond ASCII does around the words of a BEGIN line; nil where there is none.
    private static func stranger(in text: ArraySlice<UInt8>) -> String? {
        let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
        guard let first = scalars.first(where: { $0.value >= 0x80 }) else { return nil }
        switch first.value {
        case 0xFEFF: return "a byte order mark stands beside it, as joined files have it"
        case 0xA0, 0x2000...0x200F, 0x202F, 0x2060, 0x3000:
            return "characters that are not seen stand around it (U+\(hex(first.value)))"
        case 0x2018...0x201F, 0xAB, 0xBB, 0x2039, 0x203A:
            return "it stands in the quotation marks of a word processor"
        // Dashes, and what a dash of another character set becomes.
        default: return "its dashes are not five hyphens"
        }
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private static func range(ofBeginIn line: ArraySlice<UInt8>) -> Range<Int>? {
        var rest = line
        while let first = rest.firstIndex(of: UInt8(ascii: "B")) {
            if rest[first...].starts(with: begin) { return first..<first + begin.count }
            rest = rest[(first + 1)...]
        }
        return nil
    }

    private static func isBase64(_ octet: UInt8) -> Bool {
        0x41...0x5A ~= octet || 0x61...0x7A ~= octet || 0x30...0x39 ~= octet
            || octet == UInt8(ascii: "+") || octet == UInt8(ascii: "/")
    }
}
