/// DER in base64 without the lines around it that PEM has: its own first octets say how long it is.
///
/// So it can stand among other lines, and one after another, and none is taken for text that is passed over.
public enum BareBlock {
    /// The longest that is taken for one, in octets of DER.
    private static let longest = 16_384
    /// Characters that the first line has at least: 128 octets and more do not stand on a shorter one.
    private static let firstLine = 40

    /// Whether a line is the first of a block, however long.
    public static func isBegun(by line: ArraySlice<UInt8>) -> Bool {
        guard let octets = head(of: line) else { return false }
        return octets[0] == 0x30 && 0x81...0x84 ~= octets[1]
    }

    /// The characters that a block has whose first line this is, line ends apart; nil for any other line, and for one that
    /// is longer than any request.
    public static func length(beginningWith line: ArraySlice<UInt8>) -> Int? {
        guard let octets = head(of: line) else { return nil }
        let count: Int
        switch octets[1] {
        case 0x81: count = 3 + octets[2]
        case 0x82: count = 4 + octets[2] << 8 + octets[3]
        default: return nil
        }
        guard octets[0] == 0x30, count <= longest else { return nil }
        return (count + 2) / 3 * 4
    }

    /// The first six octets of what a line that may be the first has in base64.
    private static func head(of line: ArraySlice<UInt8>) -> [Int]? {
        let text = line.trimmed
        // A sequence of 128 octets and more begins with these two letters.
        guard text.first == UInt8(ascii: "M"), text.count >= firstLine, text.starts(with: Array("MI".utf8)),
            isBase64(text)
        else { return nil }
        let values = text.prefix(8).compactMap(value)
        guard values.count == 8 else { return nil }
        return stride(from: 0, to: 8, by: 4).flatMap { start in
            let word = values[start..<start + 4].reduce(0) { $0 << 6 | Int($1) }
            return [word >> 16 & 0xff, word >> 8 & 0xff, word & 0xff]
        }
    }

    /// Whether a line has nothing but characters of base64, and at least one.
    public static func isBase64(_ line: ArraySlice<UInt8>) -> Bool {
        !line.isEmpty && line.allSatisfy { value($0) != nil || $0 == UInt8(ascii: "=") }
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5a: byte - 0x41
        case 0x61...0x7a: byte - 0x61 + 26
        case 0x30...0x39: byte - 0x30 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
