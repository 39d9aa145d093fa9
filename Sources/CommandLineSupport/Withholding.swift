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
        let bytes = Array(text.utf8)
        let ranges = CredentialShape.ranges(in: bytes)
        guard !ranges.isEmpty else { return text }
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

    /// The text without what a terminal would obey, and without credentials.
    package static func safe(_ text: String) -> String { withheld(text).escapedForTerminal }
}
