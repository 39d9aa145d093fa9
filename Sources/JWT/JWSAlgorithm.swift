// Module JWT: compact JWS (RFC 7515), JWK (RFC 7517), JWT (RFC 7519), by the profile of nRF91 devices and by the
// rules of RFC 8725. The verifier owns the policy; what a token says of itself never decides how it is checked.

public import OpenSSL

/// The signature algorithms that a verifier can be told to accept (RFC 7518 section 3.1, RFC 8037 section 3.1).
///
/// `none` and the HMAC family have no case on purpose: what has no name cannot be allowed by mistake.
public enum JWSAlgorithm: String, CaseIterable, Sendable {
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"

    /// Whether keys of this kind are made for this algorithm: each curve has exactly one.
    public func fits(_ kind: PublicKey.Kind) -> Bool {
        switch (self, kind) {
        case (.es256, .p256), (.es384, .p384), (.es512, .p521), (.edDSA, .ed25519): true
        case (.rs256, .rsa), (.rs384, .rsa), (.rs512, .rsa), (.ps256, .rsa), (.ps384, .rsa), (.ps512, .rsa):
            true
        default: false
        }
    }

    /// The scheme below JOSE's encoding.
    var scheme: SignatureAlgorithm {
        switch self {
        case .es256: .ecdsa(.sha256)
        case .es384: .ecdsa(.sha384)
        case .es512: .ecdsa(.sha512)
        case .edDSA: .ed25519
        case .rs256: .rsaPKCS1(.sha256)
        case .rs384: .rsaPKCS1(.sha384)
        case .rs512: .rsaPKCS1(.sha512)
        case .ps256: .rsaPSS(.sha256)
        case .ps384: .rsaPSS(.sha384)
        case .ps512: .rsaPSS(.sha512)
        }
    }

    /// Octets of r and of s in an ECDSA signature (RFC 7518 section 3.4); `nil` for the others.
    var coordinateWidth: Int? {
        switch self {
        case .es256: 32
        case .es384: 48
        case .es512: 66
        default: nil
        }
    }
}
