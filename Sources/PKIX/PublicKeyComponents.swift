import Diagnostics
import OpenSSL

/// The numbers of a public key without their ASN.1: what a JWK holds (RFC 7518 section 6, RFC 8037 section 2).
public enum PublicKeyComponents: Equatable, Sendable {
    /// A curve that has a JOSE name.
    public enum Curve: String, CaseIterable, Sendable {
        case p256 = "P-256"
        case p384 = "P-384"
        case p521 = "P-521"

        /// Octets of a coordinate.
        public var width: Int {
            switch self {
            case .p256: 32
            case .p384: 48
            case .p521: 66
            }
        }

        var oid: OID {
            switch self {
            case .p256: SubjectPublicKeyInfo.p256Curve
            case .p384: SubjectPublicKeyInfo.p384Curve
            case .p521: SubjectPublicKeyInfo.p521Curve
            }
        }
    }

    /// An uncompressed point; both coordinates have the curve's width.
    case elliptic(Curve, x: [UInt8], y: [UInt8])
    /// Modulus and exponent, big-endian without leading zeros.
    case rsa(modulus: [UInt8], exponent: [UInt8])
    /// 32 octets.
    case ed25519([UInt8])
}

extension SubjectPublicKeyInfo {
    /// The SubjectPublicKeyInfo of a key given by its numbers.
    ///
    /// Throws where the key is not one that ``acceptedKind()`` accepts; that a point lies on its curve is
    /// checked when the key is used.
    public init(_ components: PublicKeyComponents) throws(DERError) {
        var writer = DERWriter(capacity: 128)
        writer.sequence { info in
            switch components {
            case .elliptic(let curve, let x, let y):
                info.sequence {
                    $0.objectIdentifier(.ecPublicKey)
                    $0.objectIdentifier(curve.oid)
                }
                info.bitString([0x04] + x + y)
            case .rsa(let modulus, let exponent):
                info.sequence {
                    $0.objectIdentifier(.rsaEncryption)
                    $0.null()
                }
                var key = DERWriter(capacity: modulus.count + exponent.count + 16)
                key.sequence {
                    $0.unsignedInteger(modulus)
                    $0.unsignedInteger(exponent)
                }
                info.bitString(key.bytes)
            case .ed25519(let key):
                info.sequence { $0.objectIdentifier(.ed25519) }
                info.bitString(key)
            }
        }
        try self.init(der: writer.bytes)
        if case .failure(let failure) = acceptedKind() { throw DERError(0, failure.message) }
    }

    /// The numbers of the key; `nil` for a key that ``acceptedKind()`` does not accept.
    public var components: PublicKeyComponents? {
        guard case .success(let kind) = acceptedKind() else { return nil }
        let bits = keyOctets
        switch kind {
        case .p256: return point(.p256, bits)
        case .p384: return point(.p384, bits)
        case .p521: return point(.p521, bits)
        case .ed25519: return .ed25519(Array(bits))
        case .rsa: return rsa(Array(bits))
        case .otherCurve, .other: return nil
        }
    }

    private func point(_ curve: PublicKeyComponents.Curve, _ bits: ArraySlice<UInt8>) -> PublicKeyComponents?
    {
        guard bits.count == 1 + 2 * curve.width else { return nil }
        let x = bits.dropFirst().prefix(curve.width)
        return .elliptic(curve, x: Array(x), y: Array(bits.suffix(curve.width)))
    }

    private func rsa(_ bits: [UInt8]) -> PublicKeyComponents? {
        var outer = DERReader(bits)
        guard var key = try? outer.enter(.sequence, "RSA public key"),
            let modulus = try? key.integer("RSA modulus"), let exponent = try? key.integer("RSA exponent")
        else { return nil }
        return .rsa(
            modulus: Array(bits[modulus].drop { $0 == 0 }), exponent: Array(bits[exponent].drop { $0 == 0 }))
    }
}
