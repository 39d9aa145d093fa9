/// A certificate taken apart without judging it: what ``CertificateRules`` looks at.
///
/// Only what makes a certificate one is demanded: the sequence of its fields in DER. Everything else is kept as it
/// is, and is for the rules.
public struct CertificateReading: Sendable {
    /// The original bytes.
    public let der: [UInt8]
    /// The TBSCertificate in ``der``.
    public let tbsRange: Range<Int>
    /// 0…2; nil for other numbers.
    let version: Int?
    /// The contents of the serial number's INTEGER.
    public let serial: Range<Int>
    /// The AlgorithmIdentifiers inside and outside; the latter is nil for a TBSCertificate alone.
    let innerAlgorithm: Range<Int>
    let outerAlgorithm: Range<Int>?
    let issuer: Range<Int>
    let validity: (notBefore: DERReader.Element, notAfter: DERReader.Element)
    let subject: Range<Int>
    let publicKey: Range<Int>
    let hasUniqueIdentifier: Bool
    /// Nil where there is no list.
    let extensions: [Extension]?
    /// The signature's octets; nil for a TBSCertificate alone.
    public let signatureRange: Range<Int>?

    /// An extension with what its encoding says of its being critical.
    struct Extension: Sendable {
        let oid: OID
        /// Nil where it is not written.
        let critical: Bool?
        let value: Range<Int>

        var isCritical: Bool { critical ?? false }
    }

    /// Reads a whole certificate.
    ///
    /// - Throws: ``DERError`` if the octets are no certificate.
    public init(certificate der: [UInt8]) throws(DERError) {
        guard der.count <= ParsedCertificate.maximumSize else {
            let bound = ParsedCertificate.maximumSize
            throw DERError(0, "expected a certificate of at most \(bound) octets, found \(der.count)")
        }
        var outer = DERReader(der)
        var certificate = try outer.enter(.sequence, "certificate")
        try outer.finish("certificate")
        let tbs = try certificate.read(.sequence, "TBS certificate")
        let algorithm = try certificate.read(.sequence, "signature algorithm").whole
        let signature = try certificate.bitString("signature").bits
        try certificate.finish("certificate")
        try self.init(
            der, tbs: tbs.whole, certificate.contents(of: tbs), outerAlgorithm: algorithm,
            signature: signature)
    }

    /// Reads a TBSCertificate.
    ///
    /// - Throws: ``DERError`` if the octets are none.
    public init(tbs der: [UInt8]) throws(DERError) {
        var outer = DERReader(der)
        let tbs = try outer.read(.sequence, "TBS certificate")
        try outer.finish("TBS certificate")
        try self.init(der, tbs: tbs.whole, outer.contents(of: tbs), outerAlgorithm: nil, signature: nil)
    }

    private init(
        _ der: [UInt8], tbs range: Range<Int>, _ contents: DERReader, outerAlgorithm: Range<Int>?,
        signature: Range<Int>?
    ) throws(DERError) {
        var tbs = contents
        self.der = der
        tbsRange = range
        self.outerAlgorithm = outerAlgorithm
        signatureRange = signature
        if tbs.nextTag == .constructed(0) {
            var wrapper = try tbs.enter(.constructed(0), "version")
            let number = try wrapper.smallInteger("version")
            try wrapper.finish("version")
            version = (0...2).contains(number) ? number : nil
        } else {
            version = 0
        }
        serial = try tbs.integer("serial number")
        innerAlgorithm = try tbs.read(.sequence, "signature algorithm").whole
        issuer = try tbs.read(.sequence, "issuer").whole
        var period = try tbs.enter(.sequence, "validity")
        validity = (try period.next(), try period.next())
        try period.finish("validity")
        subject = try tbs.read(.sequence, "subject").whole
        publicKey = try tbs.read(.sequence, "subject public key info").whole
        let first = try tbs.readIfPresent(.primitive(1))
        let second = try tbs.readIfPresent(.primitive(2))
        hasUniqueIdentifier = first != nil || second != nil
        if tbs.isAtEnd {
            extensions = nil
        } else {
            var wrapper = try tbs.enter(.constructed(3), "extensions")
            var list = try wrapper.enter(.sequence, "extensions")
            try wrapper.finish("extensions")
            extensions = try Self.readExtensions(&list)
        }
        try tbs.finish("TBS certificate")
    }

    private static func readExtensions(_ list: inout DERReader) throws(DERError) -> [Extension] {
        var result: [Extension] = []
        while !list.isAtEnd {
            guard result.count < CertificateExtension.maximumCount else {
                throw DERError(
                    list.position, "expected at most \(CertificateExtension.maximumCount) extensions")
            }
            var item = try list.enter(.sequence, "extension")
            let oid = try item.objectIdentifier("extension type")
            let critical = item.nextTag == .boolean ? try item.boolean("critical") : nil
            let value = try item.octetString("extension value")
            try item.finish("extension")
            result.append(Extension(oid: oid, critical: critical, value: value))
        }
        return result
    }

    /// What is no certificate by X.690 and the ASN.1 module of RFC 5280, although its parts can be told apart; nil if
    /// nothing is.
    var unsoundness: String? {
        let reader = DERReader(der)
        for element in [validity.notBefore, validity.notAfter] {
            do throws(DERError) { _ = try DERTime.seconds(reader, element) } catch {
                return error.description
            }
        }
        guard let extensions else { return nil }
        if version != 2 { return "extensions in a certificate that is not of version 3" }
        if extensions.isEmpty { return "extensions are empty" }
        var seen: Set<OID> = []
        for element in extensions {
            if !seen.insert(element.oid).inserted { return "extension \(element.oid) occurs twice" }
            if element.critical == false {
                return "critical is FALSE but written out in extension \(element.oid)"
            }
        }
        return nil
    }

    /// What is wrong with the value of an extension that is known; nil if nothing is.
    var malformedExtension: String? {
        for element in extensions ?? [] {
            do throws(DERError) {
                try ExtensionBody.check(element.oid, DERReader(der, in: element.value))
            } catch { return "extension \(element.oid) is malformed: \(error.reason)" }
        }
        return nil
    }

    // MARK: Values

    /// The octets of a part.
    func octets(_ range: Range<Int>) -> [UInt8] { Array(der[range.clamped(to: 0..<der.count)]) }

    /// The issuer's name; nil if it is malformed.
    public var issuerName: DistinguishedName? { try? DistinguishedName(der: octets(issuer)) }

    /// The subject's name; nil if it is malformed.
    public var subjectName: DistinguishedName? { try? DistinguishedName(der: octets(subject)) }

    /// The serial number in lower-case hexadecimal, as it is encoded.
    public var serialText: String { hexadecimal(der[serial.clamped(to: 0..<der.count)]) }

    /// The subject's key; nil if it is malformed.
    public var subjectKey: SubjectPublicKeyInfo? { try? SubjectPublicKeyInfo(der: octets(publicKey)) }

    /// The ends of the validity as far as they can be read, seconds since 1970.
    public var times: (notBefore: Int64?, notAfter: Int64?) {
        let reader = DERReader(der)
        return (
            try? DERTime.seconds(reader, validity.notBefore), try? DERTime.seconds(reader, validity.notAfter)
        )
    }

    /// The algorithm of the signature; nil if it is malformed.
    public var algorithm: SignatureAlgorithmIdentifier? {
        var reader = DERReader(der, in: innerAlgorithm)
        return try? SignatureAlgorithmIdentifier(reading: &reader, tolerating: [.ecdsaNullParameters])
    }

    func value(of oid: OID) -> DERReader? {
        extensions?.first { $0.oid == oid }.map { DERReader(der, in: $0.value) }
    }

    /// Whether it says that it is a CA; nil where basic constraints are missing or malformed.
    public var isCA: Bool? {
        guard var reader = value(of: .basicConstraints) else { return nil }
        return (try? ExtensionBody.basicConstraints(&reader))?.isCA
    }

    /// The path length of the basic constraints.
    public var pathLength: Int? {
        guard var reader = value(of: .basicConstraints) else { return nil }
        return (try? ExtensionBody.basicConstraints(&reader))?.pathLength
    }

    /// The key usage; nil where it is missing or malformed.
    public var keyUsage: KeyUsage? {
        guard var reader = value(of: .keyUsage) else { return nil }
        return try? KeyUsage(reading: &reader)
    }

    /// The key purposes; nil where they are missing or malformed.
    public var extendedKeyUsage: [OID]? {
        guard var reader = value(of: .extendedKeyUsage) else { return nil }
        return try? ExtensionBody.purposes(&reader)
    }

    /// The issuer's key identifier.
    public var authorityKeyIdentifier: [UInt8]? {
        guard var reader = value(of: .authorityKeyIdentifier) else { return nil }
        return (try? ExtensionBody.authorityKeyIdentifier(&reader)).flatMap { $0 }
    }

    /// The extensions in their order.
    public var extensionList: [CertificateExtension] {
        (extensions ?? []).map {
            CertificateExtension(oid: $0.oid, isCritical: $0.isCritical, value: octets($0.value))
        }
    }
}
