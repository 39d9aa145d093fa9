import DeviceIdentity

/// What a line is that stands in a list of tokens and cannot be one.
public enum StrayLine {
    /// In words that follow "found"; `nil` where nothing better can be said than why the line does not decode.
    public static func description(of line: ArraySlice<UInt8>) -> String? {
        let text = line.trimmed
        if text.starts(with: [0xef, 0xbb, 0xbf]) {
            return "a byte order mark in the middle of the text, as joined files have it"
        }
        switch text.first {
        case UInt8(ascii: "{"): return "JSON"
        // A log may begin with a time in brackets.
        case UInt8(ascii: "[") where text.dropFirst().trimmed.first.map({ "{[\"".utf8.contains($0) }) ?? false:
            return "JSON"
        case UInt8(ascii: "<"): return "markup"
        case nil: return nil
        default: break
        }
        if text.contains(where: { ",;\t|".utf8.contains($0) }) { return "a row of several fields" }
        if text.contains(0x20) { return "several words" }
        return nil
    }
}
