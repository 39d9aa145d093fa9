public import Diagnostics
public import OpenSSL

/// Public keys from the numbers that a JWK (RFC 7517) or a COSE_Key holds, already decoded to bytes.
///
/// Each function refuses with `csr-key` what is not exactly in the form that its standard asks for, what
/// ``acceptedKind()`` refuses, RSA keys of less than 2048 bits (RFC 7518 section 3.3), and a point that is
/// not on its curve.
extension SubjectPublicKeyInfo {
    /// The curves of elliptic-curve keys in JWK (RFC 7518 section 6.2.1.1).
    public enum Curve: String, Sendable, CaseIterable {
        case p256 = "P-256"
        case p384 = "P-384"
        case p521 = "P-521"

        /// Octets of a coordinate.
        public var coordinateWidth: Int {
            switch self {
            case .p256: 32
            case .p384: 48
            case .p521: 66
            }
        }

        /// The curve's object identifier (RFC 5480 section 2.1.1.1).
        public var identifier: OID {
            switch self {
            case .p256: OID(uncheckedContent: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07])
            case .p384: OID(uncheckedContent: [0x2B, 0x81, 0x04, 0x00, 0x22])
            case .p521: OID(uncheckedContent: [0x2B, 0x81, 0x04, 0x00, 0x23])
            }
        }
    }

    /// The key at the point (`x`, `y`), each big-endian and exactly as long as the curve's coordinates
    /// (RFC 7518 section 6.2.1.2).
    public static func ellipticCurve(
        _ curve: Curve, x: [UInt8], y: [UInt8]
    ) -> Result<SubjectPublicKeyInfo, CheckFailure> {
        let width = curve.coordinateWidth
        guard x.count == width, y.count == width else {
            return .failure(
                CheckFailure(
                    .csrKey,
                    "expected coordinates of \(width) octets on \(curve.rawValue), "
                        + "found \(x.count) and \(y.count)"
                ))
        }
        return assemble(bits: [0x04] + x + y) { writer in
            writer.objectIdentifier(.ecPublicKey)
            writer.objectIdentifier(curve.identifier)
        }
    }

    /// The Ed25519 key with these 32 octets (RFC 8037 section 2, RFC 8410 section 4).
    public static func ed25519(x: [UInt8]) -> Result<SubjectPublicKeyInfo, CheckFailure> {
        guard x.count == 32 else {
            return .failure(CheckFailure(.csrKey, "expected an Ed25519 key of 32 octets, found \(x.count)"))
        }
        return assemble(bits: x) { $0.objectIdentifier(.ed25519) }
    }

    /// The RSA key with this modulus and exponent, big-endian in as few octets as possible
    /// (RFC 7518 section 6.3.1).
    public static func rsa(modulus: [UInt8], exponent: [UInt8]) -> Result<SubjectPublicKeyInfo, CheckFailure>
    {
        guard let first = modulus.first, first != 0, let lead = exponent.first, lead != 0 else {
            return .failure(
                CheckFailure(.csrKey, "expected an RSA modulus and exponent without leading zeros, not empty")
            )
        }
        // Larger than any key that is accepted; bounds the copies made below.
        guard modulus.count <= 2048, exponent.count <= 8 else {
            return .failure(
                CheckFailure(
                    .csrKey,
                    "expected an RSA modulus of at most 2048 octets and an exponent of at most 8, "
                        + "found \(modulus.count) and \(exponent.count)"))
        }
        var key = DERWriter(capacity: modulus.count + 32)
        key.sequence { writer in
            writer.unsignedInteger(modulus)
            writer.unsignedInteger(exponent)
        }
        return assemble(bits: key.bytes) { writer in
            writer.objectIdentifier(.rsaEncryption)
            writer.null()
        }
    }

    private static func assemble(
        bits: [UInt8], algorithm: (inout DERWriter) -> Void
    ) -> Result<SubjectPublicKeyInfo, CheckFailure> {
        var writer = DERWriter(capacity: bits.count + 48)
        writer.sequence { writer in
            writer.sequence(algorithm)
            writer.bitString(bits)
        }
        let info: SubjectPublicKeyInfo
        do {
            info = try SubjectPublicKeyInfo(der: writer.bytes)
        } catch {
            return .failure(CheckFailure(.csrKey, error.description))
        }
        switch info.acceptedKind() {
        case .failure(let failure): return .failure(failure)
        case .success(let kind):
            if let weakness = kind.weakness { return .failure(CheckFailure(.csrKey, weakness)) }
        }
        return info.usableKey().map { _ in info }
    }

    /// The key ready for use; that a point lies on its curve is checked here, `csr-key` otherwise.
    public func usableKey() -> Result<PublicKey, CheckFailure> {
        do {
            return .success(try PublicKey(spki: der))
        } catch {
            return .failure(CheckFailure(.csrKey, error.message))
        }
    }
}
