public import OpenSSL

/// The signature algorithms of the COSE registry that Assay verifies (RFC 9053 §2, RFC 8230 §2, RFC 8812 §2).
public enum COSEAlgorithm: Int64, Sendable, CaseIterable {
    case es256 = -7
    case eddsa = -8
    case es384 = -35
    case es512 = -36
    case ps256 = -37
    case ps384 = -38
    case ps512 = -39
    case rs256 = -257
    case rs384 = -258
    case rs512 = -259

    /// The registry's name.
    public var name: String {
        switch self {
        case .es256: "ES256"
        case .eddsa: "EdDSA"
        case .es384: "ES384"
        case .es512: "ES512"
        case .ps256: "PS256"
        case .ps384: "PS384"
        case .ps512: "PS512"
        case .rs256: "RS256"
        case .rs384: "RS384"
        case .rs512: "RS512"
        }
    }

    /// The scheme in OpenSSL's terms.
    public var signatureAlgorithm: SignatureAlgorithm {
        switch self {
        case .es256: .ecdsa(.sha256)
        case .es384: .ecdsa(.sha384)
        case .es512: .ecdsa(.sha512)
        case .eddsa: .ed25519
        case .ps256: .rsaPSS(.sha256)
        case .ps384: .rsaPSS(.sha384)
        case .ps512: .rsaPSS(.sha512)
        case .rs256: .rsaPKCS1(.sha256)
        case .rs384: .rsaPKCS1(.sha384)
        case .rs512: .rsaPKCS1(.sha512)
        }
    }

    /// Whether a key of this kind may be used with the algorithm; each ES algorithm is bound to its own curve.
    public func fits(_ kind: PublicKey.Kind) -> Bool {
        switch (self, kind) {
        case (.es256, .p256), (.es384, .p384), (.es512, .p521), (.eddsa, .ed25519): true
        case (.ps256, .rsa(let bits)), (.ps384, .rsa(let bits)), (.ps512, .rsa(let bits)),
            (.rs256, .rsa(let bits)), (.rs384, .rsa(let bits)), (.rs512, .rsa(let bits)):
            bits >= 2048
        default: false
        }
    }

    /// Bytes of each half of an ECDSA signature; `nil` for other schemes.
    var coordinateWidth: Int? {
        switch self {
        case .es256: 32
        case .es384: 48
        case .es512: 66
        default: nil
        }
    }
}
