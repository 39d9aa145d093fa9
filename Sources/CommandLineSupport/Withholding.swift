import DeviceIdentity
import Diagnostics
import OpenSSL

/// Texts without the credentials in them.
package enum Withholding {
    /// The text with every credential in it replaced by its first characters, its length and the first 8 hex digits of
    /// its SHA-256, by which the same one is known again: `2dn3hQFQ…[214 characters, sha256:0f3c9a2e]`.
    package static func withheld(_ text: String) -> String {
        // Names of files are short; this is asked for each input.
        guard text.utf8.count >= 24 else { return text }
        var bytes = Array(text.utf8)
        if let key = privateKey(in: bytes) {
            bytes.replaceSubrange(key, with: Array("[a private key]".utf8))
        }
        let ranges = CredentialShape.ranges(in: bytes)
        guard !ranges.isEmpty else { return String(decoding: bytes, as: UTF8.self) }
        var result = ""
        var position = 0
        for range in ranges {
            result += String(decoding: bytes[position..<range.lowerBound], as: UTF8.self)
            let secret = Array(bytes[range])
            let digest = Hex.encode(Array(Digest.sha256(secret).prefix(4)))
            result += String(decoding: secret.prefix(8), as: UTF8.self)
            result += "…[\(secret.count) characters, sha256:\(digest)]"
            position = range.upperBound
        }
        return result + String(decoding: bytes[position...], as: UTF8.self)
    }

    /// Where private keys in PEM stand, from the first to the end of the last.
    private static func privateKey(in bytes: [UInt8]) -> Range<Int>? {
        let label = Array("PRIVATE KEY-----".utf8)
        func first(_ pattern: [UInt8], from start: Int) -> Int? {
            var position = start
            while let found = Octets.firstIndex(of: UInt8(ascii: "P"), in: bytes, from: position) {
                if bytes[found...].starts(with: pattern) { return found }
                position = found + 1
            }
            return nil
        }
        func hasBody(_ named: Int) -> Bool {
            // The label alone, as in a hint, is none.
            let body = bytes[(named + label.count)...].drop {
                [0x0a, 0x0d, 0x20, UInt8(ascii: "\\"), UInt8(ascii: "n")].contains($0)
            }
            return body.prefix(24).count(where: { $0 > 0x2a && $0 != UInt8(ascii: ",") }) == 24
        }
        var next = first(label, from: 0)
        while let found = next, !hasBody(found) { next = first(label, from: found + label.count) }
        guard let named = next else { return nil }
        let begin = bytes[..<named].lastIndex { $0 == 0x0a }.map { $0 + 1 } ?? 0
        let start = bytes[begin..<named].firstIndex(of: UInt8(ascii: "-")) ?? begin
        // With all up to the last label: of a key that was cut nobody knows where it ends.
        var last = named
        while let found = first(label, from: last + label.count) { last = found }
        return start..<(hasBody(last) ? bytes.count : last + label.count)
    }

    /// The text without what a terminal would obey, and without credentials.
    package static func safe(_ text: String) -> String { withheld(text).escapedForTerminal }
}
