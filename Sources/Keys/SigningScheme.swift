public import OpenSSL

/// Which signature Assay makes with which key.
public enum SigningScheme {
    /// The algorithm for keys of this kind: the hash as strong as the curve, SHA-256 with RSA; `nil` for
    /// kinds that Assay does not sign with.
    public static func algorithm(for kind: PublicKey.Kind) -> SignatureAlgorithm? {
        switch kind {
        case .p256: .ecdsa(.sha256)
        case .p384: .ecdsa(.sha384)
        case .p521: .ecdsa(.sha512)
        case .ed25519: .ed25519
        case .rsa: .rsaPKCS1(.sha256)
        case .otherCurve, .other: nil
        }
    }
}
