import Glibc

/// The signature schemes Assay verifies; it signs with ECDSA, Ed25519 and RSA PKCS #1 v1.5.
public enum SignatureAlgorithm: Sendable, Hashable {
    /// ECDSA with a DER `ECDSA-Sig-Value` (RFC 3279 §2.2.3).
    case ecdsa(HashAlgorithm)
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    case rsaPKCS1(HashAlgorithm)
    /// RSASSA-PSS with MGF1 of the same hash and a salt as long as the hash (RFC 8017 §8.1).
    case rsaPSS(HashAlgorithm)
    /// Pure Ed25519 (RFC 8032 §5.1).
    case ed25519

    /// The hash whose digest is signed; `nil` for Ed25519, which signs messages.
    public var hash: HashAlgorithm? {
        switch self {
        case .ecdsa(let hash), .rsaPKCS1(let hash), .rsaPSS(let hash): hash
        case .ed25519: nil
        }
    }
}

/// ECDSA signatures in the fixed-width form of JOSE and COSE.
public enum ECDSASignature {
    /// Whether octets have the shape of an ECDSA-Sig-Value in DER: a sequence of their length that begins with an integer.
    public static func isDER(_ signature: [UInt8]) -> Bool {
        guard signature.count >= 8, signature[0] == 0x30 else { return false }
        let head = signature[1] == 0x81 ? 3 : 2
        return Int(signature[head - 1]) == signature.count - head && signature[head] == 0x02
    }

    /// DER of `r || s`, each half `width` bytes (RFC 3279 §2.2.3); `nil` if the length is not exactly twice `width`.
    public static func der(fromFixedWidth signature: ArraySlice<UInt8>, width: Int) -> [UInt8]? {
        guard width > 0, width <= 66, signature.count == 2 * width else { return nil }
        let middle = signature.startIndex + width
        let body = integer(signature[..<middle]) + integer(signature[middle...])
        // At most 2 * (66 + 3) bytes: one length byte after 0x81 suffices.
        let length = body.count < 0x80 ? [UInt8(body.count)] : [0x81, UInt8(body.count)]
        return [0x30] + length + body
    }

    /// Reads the DER of a pair of numbers of at most 32 bytes each into the 64 bytes of `r || s`.
    ///
    /// False, with `fixed` in no certain state, for anything but the one DER encoding of two numbers from 0 to
    /// 2²⁵⁶ − 1. Whether a signature is good for anything is not said.
    static func readP256(der: ArraySlice<UInt8>, into fixed: inout [UInt8]) -> Bool {
        guard fixed.count == 64, (8...72).contains(der.count) else { return false }
        return der.withUnsafeBufferPointer { der in
            fixed.withUnsafeMutableBufferPointer { fixed in
                guard let source = der.baseAddress, let target = fixed.baseAddress, source[0] == 0x30,
                    Int(source[1]) == der.count - 2
                else { return false }
                var position = 2
                for half in [target, target + 32] {
                    guard let end = readNumber(der, at: position, into: half) else { return false }
                    position = end
                }
                return position == der.count
            }
        }
    }

    /// Reads an INTEGER from 0 to 2²⁵⁶ − 1 into 32 bytes; returns where it ends, `nil` for anything else.
    private static func readNumber(
        _ der: UnsafeBufferPointer<UInt8>, at position: Int, into target: UnsafeMutablePointer<UInt8>
    ) -> Int? {
        guard let source = der.baseAddress, position + 2 < der.count, source[position] == 0x02 else {
            return nil
        }
        let length = Int(source[position + 1])
        let first = position + 2
        guard length >= 1, length <= der.count - first, source[first] < 0x80 else { return nil }
        let isPadded = source[first] == 0 && length > 1
        // The shortest form: a leading zero only where the number would be negative without it.
        guard !isPadded || source[first + 1] >= 0x80 else { return nil }
        let count = isPadded ? length - 1 : length
        guard count <= 32 else { return nil }
        memset(target, 0, 32 - count)
        memcpy(target + (32 - count), source + (first + length - count), count)
        return first + length
    }

    private static func integer(_ magnitude: ArraySlice<UInt8>) -> [UInt8] {
        var trimmed = magnitude.drop { $0 == 0 }
        if trimmed.isEmpty { trimmed = magnitude.suffix(1) }
        let pad: [UInt8] = (trimmed.first ?? 0) >= 0x80 ? [0] : []
        return [0x02, UInt8(trimmed.count + pad.count)] + pad + trimmed
    }
}
