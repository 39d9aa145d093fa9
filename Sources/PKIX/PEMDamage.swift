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
        let isObject = line.first { $0 != 0x20 && $0 != 0x09 }.map { "{[\"".utf8.contains($0) } ?? false
        if isObject, around.contains(UInt8(ascii: ":")) {
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
        if dashes != 5 || around.contains(where: { $0 >= 0x80 }) || after.contains(where: { $0 >= 0x80 }) {
            return "its dashes are not five hyphens"
        }
        if !around.isEmpty, around.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
            return "the lines of the block are indented"
        }
        return around.allSatisfy(isAround) && !around.isEmpty ? "it stands in quotation marks" : nil
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
