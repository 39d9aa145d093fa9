public import Diagnostics
public import OpenSSL

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

        /// The curve's object identifier (RFC 5480 section 2.1.1.1).
        public var identifier: OID {
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

extension PublicKeyComponents {
    /// Whether the numbers are in the form that their standards ask for: coordinates exactly as wide as the curve's
    /// (RFC 7518 section 6.2.1.2), 32 octets for Ed25519 (RFC 8037 section 2), no leading zeros in RSA numbers
    /// (RFC 7518 section 6.3.1).
    private func checkForm() throws(CheckFailure) {
        switch self {
        case .elliptic(let curve, let x, let y):
            guard x.count == curve.width, y.count == curve.width else {
                throw CheckFailure(
                    .csrKey,
                    "expected coordinates of \(curve.width) octets on \(curve.rawValue), "
                        + "found \(x.count) and \(y.count)")
            }
        case .ed25519(let key):
            guard key.count == 32 else {
                throw CheckFailure(.csrKey, "expected an Ed25519 key of 32 octets, found \(key.count)")
            }
        case .rsa(let modulus, let exponent):
            guard let first = modulus.first, first != 0, let lead = exponent.first, lead != 0 else {
                throw CheckFailure(
                    .csrKey, "expected an RSA modulus and exponent without leading zeros, not empty")
            }
            // Larger than any key that is accepted; bounds the copies made of it.
            guard modulus.count <= 2048, exponent.count <= 8 else {
                throw CheckFailure(
                    .csrKey,
                    "expected an RSA modulus of at most 2048 octets and an exponent of at most 8, "
                        + "found \(modulus.count) and \(exponent.count)")
            }
        }
    }

    /// The SubjectPublicKeyInfo, DER.
    private var der: [UInt8] {
        var writer = DERWriter(capacity: 128)
        writer.sequence { info in
            switch self {
            case .elliptic(let curve, let x, let y):
                info.sequence {
                    $0.objectIdentifier(.ecPublicKey)
                    $0.objectIdentifier(curve.identifier)
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
        return writer.bytes
    }

    /// The key of these numbers, as a JWK (RFC 7517) or a COSE_Key holds them, decoded to bytes.
    ///
    /// Fails with `csr-key` where a number is not exactly in the form that its standard asks for, for what
    /// ``SubjectPublicKeyInfo/acceptedKind()`` refuses, for RSA keys of less than 2048 bits (RFC 7518 section 3.3),
    /// and for a point that is not on its curve.
    public func publicKeyInfo() throws(CheckFailure) -> SubjectPublicKeyInfo {
        try checkForm()
        let info: SubjectPublicKeyInfo
        do {
            info = try SubjectPublicKeyInfo(der: der)
        } catch {
            throw CheckFailure(.csrKey, error.description)
        }
        if let weakness = try info.soundKind().get().weakness { throw CheckFailure(.csrKey, weakness) }
        return info
    }
}

extension SubjectPublicKeyInfo {
    /// The key ready for use, all of the rule asked: that a point lies on its curve is checked here too. Fails with
    /// `csr-key`.
    public func usableKey() -> Result<PublicKey, CheckFailure> {
        // First, because it says more about what is wrong with the form.
        if case .failure(let failure) = acceptedKind() { return .failure(failure) }
        do {
            return .success(try PublicKey(spki: der))
        } catch {
            return .failure(CheckFailure(.csrKey, error.message))
        }
    }

    /// The kind of a key that passes all of the rule, without making it ready for use.
    public func soundKind() -> Result<PublicKey.Kind, CheckFailure> {
        if let point = p256 {
            guard point.isOnCurve else {
                return .failure(CheckFailure(.csrKey, "expected a point of P-256, found one off the curve"))
            }
            return .success(.p256)
        }
        return usableKey().map(\.kind)
    }

    /// What is wrong with a key of a kind that Assay uses; nil for a sound one, and for one of another kind, of which nothing
    /// is known. For who shows a key and does not use it.
    public var defect: CheckFailure? {
        guard isOfKnownKind, case .failure(let failure) = soundKind() else { return nil }
        return failure
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
