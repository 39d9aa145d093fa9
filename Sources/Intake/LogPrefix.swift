/// What logs, terminals and shells put before what was said: colours, times, levels, names of modules, prompts.
enum LogPrefix {
    /// Pieces that are taken off at the most.
    private static let limit = 8
    /// The longest time or name.
    private static let longest = 64

    /// A line, and what is left of it when one piece after the other is taken off, without blanks and colours around it.
    static func rests(of line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var rest = withoutColours(line.trimmed)
        var rests = [rest]
        while rests.count <= limit, let next = withoutPiece(rest) {
            rest = withoutColours(next.trimmed)
            rests.append(rest)
        }
        return rests
    }

    /// `nil` where nothing is before it that a log would put there.
    private static func withoutPiece(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let first = text.first else { return nil }
        // `[00:00:01.250,000]`, `<inf>`; of an echo `>` or `<`.
        for (open, close) in [(UInt8(ascii: "["), UInt8(ascii: "]")), (UInt8(ascii: "<"), UInt8(ascii: ">"))]
        where first == open {
            if let end = text.prefix(longest).firstIndex(of: close) { return text[(end + 1)...] }
        }
        if first == UInt8(ascii: ">") || first == UInt8(ascii: "<") { return text.dropFirst() }
        guard let end = text.prefix(longest).firstIndex(of: 0x20) ?? text.prefix(longest).firstIndex(of: 0x09)
        else { return nil }
        let word = text[..<end]
        let isTime =
            word.allSatisfy { 0x30...0x39 ~= $0 || ":.,-/TZ+".utf8.contains($0) }
            && word.contains { 0x30...0x39 ~= $0 }
        let isName = word.last.map { ":$#>".utf8.contains($0) } ?? false
        return isTime || isName ? text[end...] : nil
    }

    /// Colours and other sequences of a terminal: ESC, `[`, and all up to a letter.
    private static func withoutColours(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while text.starts(with: [0x1b, 0x5b]),
            let end = text.dropFirst(2).prefix(longest).firstIndex(where: { 0x40...0x7e ~= $0 })
        {
            text = text[(end + 1)...].trimmed
        }
        return text[..<(text.firstIndex(of: 0x1b) ?? text.endIndex)].trimmed
    }
}
