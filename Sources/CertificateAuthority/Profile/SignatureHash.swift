import Keys
public import OpenSSL

/// The hash under a certificate's signature.
public enum SignatureHash: String, Sendable, CaseIterable {
    /// As strong as the CA's curve; SHA-256 with RSA.
    case auto
    case sha256, sha384, sha512

    /// The algorithm for a CA's key; nil if there is none. Ed25519 has its own hash, which is `auto`.
    public func algorithm(for kind: PublicKey.Kind) -> SignatureAlgorithm? {
        guard let hash else { return SigningScheme.algorithm(for: kind) }
        return switch kind {
        case .p256, .p384, .p521: .ecdsa(hash)
        case .rsa: .rsaPKCS1(hash)
        case .ed25519, .otherCurve, .other: nil
        }
    }

    private var hash: HashAlgorithm? {
        switch self {
        case .auto: nil
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        }
    }
}
