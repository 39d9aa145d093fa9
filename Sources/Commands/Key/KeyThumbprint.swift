import DeviceIdentity
import OpenSSL
import PKIX

/// The JWK thumbprint of a key (RFC 7638) with SHA-256, base64url.
enum KeyThumbprint {
    /// `nil` for keys that JWK has no form for.
    static func text(_ key: PublicKey) -> String? {
        guard let members = try? members(key) else { return nil }
        // RFC 7638 section 3.3: the required members alone, sorted by name, without white space.
        let json = "{" + members.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",") + "}"
        return base64url(Digest.sha256(Array(json.utf8)))
    }

    private static func members(_ key: PublicKey) throws(DERError) -> [(String, String)]? {
        var reader = DERReader(key.spki)
        var info = try reader.enter(.sequence, "key")
        _ = try info.read(.sequence, "algorithm")
        let range = try info.octetAlignedBitString("key")
        switch key.kind {
        case .p256: return curve("P-256", key.spki[range], 32)
        case .p384: return curve("P-384", key.spki[range], 48)
        case .p521: return curve("P-521", key.spki[range], 66)
        case .ed25519:
            return [("crv", "Ed25519"), ("kty", "OKP"), ("x", base64url(Array(key.spki[range])))]
        case .rsa:
            var outer = DERReader(key.spki, in: range)
            var body = try outer.enter(.sequence, "RSA key")
            let modulus = key.spki[try body.integer("modulus")].drop { $0 == 0 }
            let exponent = key.spki[try body.integer("exponent")].drop { $0 == 0 }
            return [("e", base64url(Array(exponent))), ("kty", "RSA"), ("n", base64url(Array(modulus)))]
        case .otherCurve, .other: return nil
        }
    }

    private static func curve(_ name: String, _ point: ArraySlice<UInt8>, _ width: Int) -> [(String, String)]?
    {
        guard point.count == 2 * width + 1, point.first == 0x04 else { return nil }
        let coordinates = point.dropFirst()
        return [
            ("crv", name), ("kty", "EC"), ("x", base64url(Array(coordinates.prefix(width)))),
            ("y", base64url(Array(coordinates.suffix(width)))),
        ]
    }

    private static func base64url(_ bytes: [UInt8]) -> String {
        String(decoding: Base64.encode(bytes, .url), as: UTF8.self)
    }
}
