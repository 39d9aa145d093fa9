/// An algorithm of FIPS 203, 204 or 205 as certificates name it (RFC 9881 ML-DSA, RFC 9909 SLH-DSA, RFC 9935 ML-KEM): as
/// much of it as a certificate shows.
struct PostQuantumAlgorithm: Sendable {
    let name: String
    let oid: OID
    /// Octets of a public key.
    let keyLength: Int
    /// Whether its keys sign; the others encapsulate keys.
    let signs: Bool

    /// RFC 9881 section 5 and RFC 9909 section 6: signing only. RFC 9935 section 5: keyEncipherment only.
    var usages: KeyUsage {
        signs ? [.digitalSignature, .nonRepudiation, .keyCertSign, .crlSign] : [.keyEncipherment]
    }

    static func named(_ oid: OID) -> PostQuantumAlgorithm? { all.first { $0.oid == oid } }

    /// What is wrong with the encoding of a key: parameters where there are none, or another length.
    func objection(to key: SubjectPublicKeyInfo) -> String? {
        if key.hasAlgorithmParameters { return "\(name) has no parameters" }
        let count = key.keyOctets.count
        return count == keyLength ? nil : "expected an \(name) key of \(keyLength) octets, found \(count)"
    }

    private static let all: [PostQuantumAlgorithm] =
        [
            signing("ML-DSA-44", 17, 1312), signing("ML-DSA-65", 18, 1952), signing("ML-DSA-87", 19, 2592),
            encapsulating("ML-KEM-512", 1, 800), encapsulating("ML-KEM-768", 2, 1184),
            encapsulating("ML-KEM-1024", 3, 1568),
        ]
        + ["SHA2", "SHAKE"].enumerated().flatMap { family, hash in
            [("128s", 32), ("128f", 32), ("192s", 48), ("192f", 48), ("256s", 64), ("256f", 64)]
                .enumerated().flatMap { place, set in
                    let number = UInt8(family * 6 + place)
                    return [
                        signing("SLH-DSA-\(hash)-\(set.0)", 20 + number, set.1),
                        signing("HashSLH-DSA-\(hash)-\(set.0)", 35 + number, set.1),
                    ]
                }
        }

    private static let nist: [UInt8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04]

    private static func signing(_ name: String, _ number: UInt8, _ length: Int) -> PostQuantumAlgorithm {
        PostQuantumAlgorithm(
            name: name, oid: OID(uncheckedContent: nist + [3, number]), keyLength: length, signs: true)
    }

    private static func encapsulating(
        _ name: String, _ number: UInt8, _ length: Int
    ) -> PostQuantumAlgorithm {
        PostQuantumAlgorithm(
            name: name, oid: OID(uncheckedContent: nist + [4, number]), keyLength: length, signs: false)
    }
}

extension SubjectPublicKeyInfo {
    /// What can be said of a key by its algorithm.
    enum Judged {
        /// ``soundKind()`` knows the algorithm, if not this key.
        case known
        case postQuantum(PostQuantumAlgorithm)
        /// An algorithm or a curve that is not judged.
        case other(String)
    }

    var judged: Judged {
        guard let (oid, curve, _) = algorithmParts else { return .known }
        if let found = PostQuantumAlgorithm.named(oid) { return .postQuantum(found) }
        if isOfKnownKind { return .known }
        return .other(curve.map { "curve \($0)" } ?? "algorithm \(oid)")
    }

    fileprivate var hasAlgorithmParameters: Bool { algorithmParts?.hasParameters ?? false }

    private var algorithmParts: (oid: OID, curve: OID?, hasParameters: Bool)? {
        var reader = DERReader(der)
        guard var info = try? reader.enter(.sequence, "subject public key info"),
            var algorithm = try? info.enter(.sequence, "public key algorithm"),
            let oid = try? algorithm.objectIdentifier("public key algorithm")
        else { return nil }
        let hasParameters = !algorithm.isAtEnd
        return (oid, try? algorithm.objectIdentifier("named curve"), hasParameters)
    }
}

extension CertificateReading {
    /// Whether anything stands after the object identifier of the signature algorithm.
    var hasSignatureParameters: Bool {
        var reader = DERReader(der, in: innerAlgorithm)
        guard var body = try? reader.enter(.sequence, "signature algorithm"),
            (try? body.objectIdentifierRange("signature algorithm")) != nil
        else { return false }
        return !body.isAtEnd
    }
}
