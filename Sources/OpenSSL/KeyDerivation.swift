import COpenSSL

/// HMAC-SHA-256 (RFC 2104) and the HKDF on it (RFC 5869).
public enum KeyDerivation {
    /// HMAC-SHA-256 of `message`: 32 bytes.
    public static func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        // A key is padded with zeros to the block, so an empty one is the same as a zero; libcrypto takes no empty one.
        let key = key.isEmpty ? [0] : key
        var length = 0
        return [UInt8](unsafeUninitializedCapacity: 32) { output, count in
            let result = EVP_Q_mac(
                nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, output.baseAddress,
                output.count, &length)
            // As with hashing, only exhausted memory can be the reason.
            precondition(result != nil && length == 32, "libcrypto could not compute an HMAC")
            count = 32
        }
    }

    /// HKDF's first step: a key of 32 bytes from any secret (RFC 5869 section 2.2).
    public static func extract(salt: [UInt8], secret: [UInt8]) -> [UInt8] {
        hmacSHA256(key: salt, secret)
    }

    /// HKDF's second step: `count` bytes for one purpose, at most 255 · 32 of them (RFC 5869 section 2.3).
    public static func expand(key: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
        var output: [UInt8] = []
        var block: [UInt8] = []
        for number in UInt8(1)...255 where output.count < count {
            block = hmacSHA256(key: key, block + info + [number])
            output += block
        }
        return Array(output.prefix(max(count, 0)))
    }
}
