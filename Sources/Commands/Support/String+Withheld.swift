import DeviceIdentity
import Diagnostics
import OpenSSL

extension String {
    /// This text with every credential in it replaced by its first characters, its length and the first 8 hex digits of its
    /// SHA-256, by which the same one is known again: `2dn3hQFQ…[214 characters, sha256:0f3c9a2e]`.
    ///
    /// Everything that came from an argument or a file goes through this where it is an error's or a path's name; results
    /// that print a token do so because somebody asked (`--reveal`).
    var withheld: String {
        // Names of files are short; this is asked for each input.
        guard utf8.count >= 24 else { return self }
        let bytes = Array(utf8)
        let ranges = CredentialShape.ranges(in: bytes)
        guard !ranges.isEmpty else { return self }
        var text = ""
        var position = 0
        for range in ranges {
            text += String(decoding: bytes[position..<range.lowerBound], as: UTF8.self)
            let secret = Array(bytes[range])
            let digest = Hex.encode(Array(Digest.sha256(secret).prefix(4)))
            text += String(decoding: secret.prefix(8), as: UTF8.self)
            text += "…[\(secret.count) characters, sha256:\(digest)]"
            position = range.upperBound
        }
        return text + String(decoding: bytes[position...], as: UTF8.self)
    }
}
