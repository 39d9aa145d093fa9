/// A signature on P-256, and what it is said to be a signature of and by.
public struct P256Claim: Sendable {
    enum Signature: Sendable {
        /// `r || s`, 64 bytes (RFC 9053 section 2.1).
        case fixed(ArraySlice<UInt8>)
        /// An `ECDSA-Sig-Value` (RFC 3279 section 2.2.3).
        case der(ArraySlice<UInt8>)
    }

    let signature: Signature
    /// SHA-256 of what was signed.
    let digest: [UInt8]
    /// The key's point, uncompressed.
    let point: ArraySlice<UInt8>

    /// - Parameters:
    ///   - signature: `r || s`.
    ///   - digest: SHA-256 of what was signed, 32 bytes.
    public init(signature: ArraySlice<UInt8>, digest: [UInt8], key: P256PublicKey) {
        self.signature = .fixed(signature)
        self.digest = digest
        point = key.point[...]
    }

    /// The same for a DER `ECDSA-Sig-Value`.
    public init(derSignature: ArraySlice<UInt8>, digest: [UInt8], key: P256PublicKey) {
        signature = .der(derSignature)
        self.digest = digest
        point = key.point[...]
    }

    /// The same for a key that is still a SubjectPublicKeyInfo; nil unless that is one of an uncompressed P-256 point.
    public init?(derSignature: ArraySlice<UInt8>, digest: [UInt8], spki: ArraySlice<UInt8>) {
        guard P256PublicKey.isSPKI(spki) else { return nil }
        signature = .der(derSignature)
        self.digest = digest
        point = spki.suffix(65)
    }

    var isPoint: Bool { point.count == 65 && point.first == 0x04 }

    /// Puts the signature there as `r || s`; false if that cannot be done without judging it.
    func read(into fixed: inout [UInt8]) -> Bool {
        switch signature {
        case .fixed(let octets):
            guard octets.count == 64 else { return false }
            fixed.replaceSubrange(0..<64, with: octets)
            return true
        case .der(let octets): return ECDSASignature.readP256(der: octets, into: &fixed)
        }
    }
}
