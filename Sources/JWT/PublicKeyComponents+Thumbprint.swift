import DeviceIdentity
import OpenSSL
public import PKIX

extension PublicKeyComponents {
    /// The JWK thumbprint (RFC 7638) with SHA-256, 32 octets.
    public var thumbprint: [UInt8] { Digest.sha256(Array(requiredMembers.utf8)) }

    /// The required members in lexicographic order without white space (RFC 7638 section 3.2).
    private var requiredMembers: String {
        func text(_ bytes: [UInt8]) -> String { String(decoding: Base64.encode(bytes, .url), as: UTF8.self) }
        return switch self {
        case .elliptic(let curve, let x, let y):
            "{\"crv\":\"\(curve.rawValue)\",\"kty\":\"EC\",\"x\":\"\(text(x))\",\"y\":\"\(text(y))\"}"
        case .rsa(let modulus, let exponent):
            "{\"e\":\"\(text(exponent))\",\"kty\":\"RSA\",\"n\":\"\(text(modulus))\"}"
        case .ed25519(let key): "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"\(text(key))\"}"
        }
    }
}
