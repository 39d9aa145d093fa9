import DeviceIdentity
import Diagnostics

/// How CBOR stands in a file.
enum CBORFormat: Sendable, Equatable {
    case binary
    /// Digits in either case, white space anywhere.
    case hex
    /// Without padding, white space anywhere.
    case base64URL

    /// The format that the beginning of a file shows; nil if it is text of another kind.
    ///
    /// Every message of the device protocol begins with a byte outside ASCII, and its base64url with a letter that
    /// is no hexadecimal digit, so there it is certain. CBOR of other kinds can be ASCII by chance: text wins.
    static func detect(_ head: ArraySlice<UInt8>) -> CBORFormat? {
        guard let first = head.first else { return nil }
        let isText = first.isTextSpace || 0x20...0x7e ~= first
        guard isText else { return .binary }
        if HexText.isPrefixed(head) { return .hex }
        let line = head.drop(while: \.isTextSpace).prefix { $0 != 0x0a }.filter { !$0.isTextSpace }
        if line.allSatisfy(\.isHexadecimal) { return .hex }
        return line.allSatisfy(\.isBase64URL) ? .base64URL : nil
    }

    /// The bytes that a text stands for; throws `cbor` or `base64url` with the place of the first wrong character.
    func decode(_ text: ArraySlice<UInt8>) throws(ToolError) -> [UInt8] {
        switch self {
        case .binary: return Array(text)
        case .hex:
            let text = HexText.withoutPrefixes(text)
            if let wrong = text.firstIndex(where: { !$0.isTextSpace && !$0.isHexadecimal }) {
                let offset = wrong - text.startIndex
                throw ToolError(
                    .cbor, "expected hexadecimal digits, found another character at offset \(offset)")
            }
            let digits = text.filter { !$0.isTextSpace }
            guard let bytes = Hex.decode(String(decoding: digits, as: UTF8.self)) else {
                throw ToolError(.cbor, "expected two hexadecimal digits a byte, found \(digits.count) digits")
            }
            return bytes
        case .base64URL:
            do {
                return try Base64.decodeURL(text.filter { !$0.isTextSpace }[...])
            } catch {
                throw ToolError(.base64URL, error.message)
            }
        }
    }
}

/// Hexadecimal text as C and Wireshark write it: `0x80, 0x81`.
private enum HexText {
    /// Whether the text begins with `0x`.
    static func isPrefixed(_ text: ArraySlice<UInt8>) -> Bool {
        let start = text.drop(while: \.isTextSpace).prefix(2).map { $0 | 0x20 }
        return start == Array("0x".utf8).map { $0 | 0x20 }
    }

    /// The digits of a text that begins with `0x`, of whose numbers each may; other texts as they are.
    static func withoutPrefixes(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard isPrefixed(text) else { return text }
        var digits: [UInt8] = []
        for word in text.split(whereSeparator: { $0.isTextSpace || $0 == UInt8(ascii: ",") }) {
            digits += isPrefixed(word) ? word.dropFirst(2) : word
            digits.append(0x20)
        }
        return digits[...]
    }
}

extension UInt8 {
    fileprivate var isTextSpace: Bool { self == 0x20 || 0x09...0x0d ~= self }

    fileprivate var isHexadecimal: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }

    fileprivate var isBase64URL: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
        default: false
        }
    }
}
