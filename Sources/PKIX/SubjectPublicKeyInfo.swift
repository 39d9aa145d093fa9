public import Diagnostics
public import OpenSSL

/// A SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), read strictly enough to know its kind without libcrypto.
public struct SubjectPublicKeyInfo: Hashable, Sendable {
    /// The whole SEQUENCE as it was encoded.
    public let der: [UInt8]
    /// The contents of the subjectPublicKey BIT STRING, as offsets in ``der``.
    private let keyBits: Range<Int>

    /// Reads exactly one SubjectPublicKeyInfo; which kinds of key are accepted is ``acceptedKind()``'s matter.
    public init(der: [UInt8]) throws(DERError) {
        var reader = DERReader(der)
        try self.init(reading: &reader)
        try reader.finish("subject public key info")
    }

    init(reading reader: inout DERReader) throws(DERError) {
        let element = try reader.read(.sequence, "subject public key info")
        let bits = try reader.within(element.content, "subject public key info") { info throws(DERError) in
            try info.within(.sequence, "public key algorithm") { algorithm throws(DERError) in
                _ = try algorithm.objectIdentifierRange("public key algorithm")
                try algorithm.checkWellFormed(depth: 8)
            }
            return try info.octetAlignedBitString("subject public key")
        }
        der = reader.copy(element.whole)
        keyBits = (bits.lowerBound - element.start)..<(bits.upperBound - element.start)
    }

    /// The contents of the subjectPublicKey BIT STRING.
    var keyOctets: ArraySlice<UInt8> { der[keyBits] }

    /// The key as a P-256 point, if it is an uncompressed one on that curve.
    public var p256: P256PublicKey? { P256PublicKey(spki: der[...]) }

    /// The leftmost 160 bits of the SHA-256 of the key's bits (RFC 7093 section 2 method 1): 20 octets.
    public var keyIdentifier: [UInt8] { Digest.sha256(der[keyBits], prefix: 20) }

    /// The kind of an acceptable key: an uncompressed point of P-256, P-384 or P-521, Ed25519, or RSA with NULL
    /// parameters, in all of which ``PublicKeyRule`` finds no fault. Anything else fails with `csr-key`.
    /// Whether the key is also strong enough for a new certificate is ``PublicKey/Kind/weakness``'s matter.
    ///
    /// That a point lies on its curve is left to who verifies with it, which has to look anyhow; who does not verify
    /// asks ``usableKey()``.
    public func acceptedKind() -> Result<PublicKey.Kind, CheckFailure> {
        if P256PublicKey.isSPKI(der[...]) { return .success(.p256) }
        return kind { () throws(DERError) in try readKind(asks: PublicKeyRule.defect) }
    }

    /// The kind that the form alone says, its numbers not judged: for keys that stand for others.
    public func statedKind() -> Result<PublicKey.Kind, CheckFailure> {
        kind { () throws(DERError) in try readKind { _ in nil } }
    }

    /// Whether the algorithm is one of those that are used here. A curve that is spelt out is known whichever it is:
    /// nobody has a name for it.
    var isOfKnownKind: Bool {
        var reader = DERReader(der)
        guard var info = try? reader.enter(.sequence, "subject public key info"),
            var algorithm = try? info.enter(.sequence, "public key algorithm"),
            let oid = try? algorithm.objectIdentifier("public key algorithm")
        else { return false }
        switch oid {
        case .rsaEncryption, .ed25519: return true
        case .ecPublicKey:
            guard let curve = try? algorithm.objectIdentifier("named curve") else { return true }
            return [Self.p256Curve, Self.p384Curve, Self.p521Curve].contains(curve)
        default: return false
        }
    }

    private func kind(
        _ read: () throws(DERError) -> PublicKey.Kind
    ) -> Result<PublicKey.Kind, CheckFailure> {
        do {
            return .success(try read())
        } catch {
            return .failure(CheckFailure(.csrKey, error.reason))
        }
    }

    private func readKind(
        asks defect: (PublicKeyRule.Numbers) -> String?
    ) throws(DERError) -> PublicKey.Kind {
        var reader = DERReader(der)
        var info = try reader.enter(.sequence, "subject public key info")
        var algorithm = try info.enter(.sequence, "public key algorithm")
        let oid = try algorithm.objectIdentifier("public key algorithm")
        switch oid {
        case .ecPublicKey:
            guard algorithm.nextTag == .objectIdentifier else {
                throw DERError(algorithm.position, "expected a named curve, found explicit or no parameters")
            }
            let curve = try algorithm.objectIdentifier("named curve")
            try algorithm.finish("public key algorithm")
            return try pointKind(curve)
        case .rsaEncryption:
            try algorithm.null("RSA key parameters")
            try algorithm.finish("public key algorithm")
            return try rsaKind(asks: defect)
        case .ed25519:
            try algorithm.finish("Ed25519 key algorithm")
            guard keyBits.count == 32 else {
                throw DERError(
                    keyBits.lowerBound, "expected an Ed25519 key of 32 octets, found \(keyBits.count)")
            }
            if let defect = defect(.ed25519(keyOctets)) { throw DERError(keyBits.lowerBound, defect) }
            return .ed25519
        default:
            let found = Self.otherAlgorithms[oid.description] ?? "algorithm \(oid)"
            throw DERError(0, "expected a P-256, P-384, P-521, RSA or Ed25519 key, found \(found)")
        }
    }

    /// The names of kinds of keys that no verb takes.
    private static let otherAlgorithms = [
        "1.2.840.113549.1.1.10": "an RSASSA-PSS key, expected rsaEncryption",
        "1.3.101.110": "X25519, which makes no signatures", "1.3.101.111": "X448, which makes no signatures",
        "1.3.101.113": "Ed448", "1.2.840.10040.4.1": "DSA",
    ]

    /// The names of curves that no verb takes (RFC 5639, SEC 2, X9.62).
    private static let otherCurves = [
        "1.3.36.3.3.2.8.1.1.1": "brainpoolP160r1", "1.3.36.3.3.2.8.1.1.3": "brainpoolP192r1",
        "1.3.36.3.3.2.8.1.1.5": "brainpoolP224r1", "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
        "1.3.36.3.3.2.8.1.1.9": "brainpoolP320r1", "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
        "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1", "1.3.132.0.10": "secp256k1", "1.3.132.0.33": "secp224r1",
        "1.2.840.10045.3.1.1": "prime192v1", "1.2.156.10197.1.301": "SM2",
    ]

    /// secp256r1 (RFC 5480 section 2.1.1.1).
    public static let p256Curve = OID(uncheckedContent: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07])
    static let p384Curve = OID(uncheckedContent: [0x2B, 0x81, 0x04, 0x00, 0x22])
    static let p521Curve = OID(uncheckedContent: [0x2B, 0x81, 0x04, 0x00, 0x23])

    private func pointKind(_ curve: OID) throws(DERError) -> PublicKey.Kind {
        let kind: PublicKey.Kind
        let length: Int
        switch curve {
        case Self.p256Curve: (kind, length) = (.p256, 65)
        case Self.p384Curve: (kind, length) = (.p384, 97)
        case Self.p521Curve: (kind, length) = (.p521, 133)
        default:
            throw DERError(
                0,
                "expected curve P-256, P-384 or P-521, found \(Self.otherCurves[curve.description] ?? curve.description)"
            )
        }
        guard keyBits.count == length, der[keyBits.lowerBound] == 0x04 else {
            throw DERError(keyBits.lowerBound, "expected an uncompressed point of \(length) octets")
        }
        return kind
    }

    private func rsaKind(
        asks defect: (PublicKeyRule.Numbers) -> String?
    ) throws(DERError) -> PublicKey.Kind {
        var outer = DERReader(der, in: keyBits)
        var key = try outer.enter(.sequence, "RSA public key")
        let modulus = try key.integer("RSA modulus")
        let exponent = try key.integer("RSA exponent")
        try key.finish("RSA public key")
        try outer.finish("RSA public key")
        guard der[modulus.lowerBound] < 0x80, der[exponent.lowerBound] < 0x80 else {
            throw DERError(modulus.lowerBound, "RSA modulus or exponent is negative")
        }
        let digits = der[modulus].drop { $0 == 0 }
        let bits = digits.count * 8 - (digits.first?.leadingZeroBitCount ?? 0)
        let numbers = PublicKeyRule.Numbers.rsa(modulus: digits, exponent: der[exponent].drop { $0 == 0 })
        if let defect = defect(numbers) { throw DERError(modulus.lowerBound, defect) }
        return .rsa(bits: bits)
    }
}

/// A key together with its key identifier, which is computed from it and nothing else: once, where a certificate is
/// written and read back with it.
public struct IdentifiedKey: Sendable {
    public let info: SubjectPublicKeyInfo
    /// ``SubjectPublicKeyInfo/keyIdentifier`` of the key: 20 octets.
    public let identifier: [UInt8]

    public init(_ info: SubjectPublicKeyInfo) {
        self.info = info
        identifier = info.keyIdentifier
    }
}

extension PublicKey.Kind {
    /// Why a key of this kind is too weak for a new certificate (RSA below 2048 bits); nil if it is not.
    public var weakness: String? {
        guard case .rsa(let bits) = self, bits < 2048 else { return nil }
        return "expected an RSA key of at least 2048 bits, found \(bits)"
    }
}
