/// What Unicode's name of a character says of its shape: LATIN SMALL LETTER D WITH DOT BELOW is a d, and so are
/// DOUBLE-STRUCK ITALIC SMALL D and MODIFIER LETTER SMALL D.
enum GlyphName {
    /// The letters, in lower case; nil for a character that is none, or has a name that does not tell.
    static func letters(_ name: String) -> [UInt8]? {
        let words = name.split(separator: " ").prefix { $0 != "WITH" }
        guard let first = words.first, let last = words.last, words.count > 1 else { return nil }
        let noun = last == "SYMBOL" ? words.dropLast().last ?? last : last
        if let letter = greek[String(noun)], isGreek(words) { return [letter] }
        if let letters = otherLetters(words) { return letters }
        guard words.contains("LATIN") || shapes.contains(String(first)) else { return nil }
        // SQUARE CC is two letters, SQUARE IMAGE OF OR EQUAL TO is none.
        guard first != "SQUARE" || words.count == 2 else { return nil }
        // Ligatures of two or three have a name that is made of theirs.
        guard last.utf8.count <= 3, last.utf8.allSatisfy({ 0x41...0x5A ~= $0 }) else { return nil }
        return last.utf8.map { $0 | 0x20 }
    }

    /// With what the names begin of letters that are Latin without saying so.
    private static let shapes: Set<String> = [
        "MODIFIER", "MATHEMATICAL", "DOUBLE-STRUCK", "SCRIPT", "BLACK-LETTER", "REGIONAL", "SQUARE",
        "SQUARED",
        "NEGATIVE",
    ]

    private static func isGreek(_ words: ArraySlice<Substring>) -> Bool {
        words.contains("GREEK") || words.first == "MATHEMATICAL"
    }

    private static let greek: [String: UInt8] = table([
        ("a", ["ALPHA"]), ("b", ["BETA"]), ("e", ["EPSILON"]), ("f", ["DIGAMMA"]), ("i", ["IOTA"]),
        ("k", ["KAPPA"]), ("o", ["OMICRON", "SIGMA", "THETA"]), ("p", ["RHO"]), ("t", ["TAU"]),
        ("u", ["UPSILON"]), ("x", ["CHI"]),
    ])

    /// Letters with a mark, of scripts that have some which look Latin: by the name of the letter without it.
    private static func otherLetters(_ words: ArraySlice<Substring>) -> [UInt8]? {
        guard let letter = words.firstIndex(of: "LETTER") else { return nil }
        let name = words[(letter + 1)...].joined(separator: " ")
        switch words.first {
        case "CYRILLIC": return cyrillic[name].map { [$0] }
        case "HEBREW": return hebrew[name].map { [$0] }
        case "ARABIC" where name.hasPrefix("ALEF"): return [UInt8(ascii: "|")]
        case "ARABIC" where name.hasPrefix("HEH"): return [UInt8(ascii: "o")]
        default: return nil
        }
    }

    private static let cyrillic: [String: UInt8] = table([
        ("a", ["A"]), ("b", ["VE", "SEMISOFT SIGN", "SOFT SIGN", "HARD SIGN"]), ("c", ["ES"]),
        ("d", ["KOMI DE"]), ("e", ["IE", "IO", "SCHWA", "UKRAINIAN IE", "ABKHASIAN CHE"]),
        ("h", ["EN", "SHHA"]), ("i", ["BYELORUSSIAN-UKRAINIAN I", "YI"]), ("k", ["KA", "KJE"]), ("m", ["EM"]),
        ("o", ["O", "BARRED O", "FITA"]), ("p", ["ER"]), ("t", ["TE"]), ("x", ["HA"]),
        ("y", ["U", "SHORT U"]), ("3", ["ZE", "E", "ABKHASIAN DZE"]), ("4", ["CHE"]), ("6", ["BE"]),
    ])

    private static let hebrew: [String: UInt8] = table([("o", ["SAMEKH"]), ("|", ["VAV", "FINAL NUN"])])

    private static func table(_ entries: [(Character, [String])]) -> [String: UInt8] {
        var table: [String: UInt8] = [:]
        for (letter, names) in entries {
            for name in names { table[name] = letter.asciiValue }
        }
        return table
    }
}
