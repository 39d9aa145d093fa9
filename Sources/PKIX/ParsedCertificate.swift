/// A version 3 X.509 certificate (RFC 5280 section 4.1) read strictly and **not verified**: for issuers that
/// Assay loads and for certificates that it has just made.
public struct ParsedCertificate: Sendable {
    /// The most octets a certificate may have.
    public static let maximumSize = 65_536

    /// The original bytes.
    public let der: [UInt8]
    /// Where the TBSCertificate lies in ``der``: the signature covers exactly these octets.
    public let tbsRange: Range<Int>
    /// The serial number; nil where a CA's own, which others gave it, is not positive or too long.
    public let serial: CertificateSerial?
    /// Where the serial number's contents lie in ``der``.
    public let serialRange: Range<Int>
    /// The issuer's name.
    public let issuer: DistinguishedName
    /// From when until when.
    public let validity: ValidityPeriod
    /// The subject's name.
    public let subject: DistinguishedName
    /// The subject's key.
    public let publicKey: SubjectPublicKeyInfo
    /// All extensions in the order of the certificate, no type twice, known bodies well-formed.
    public let extensions: [CertificateExtension]
    /// The algorithm of the signature, the same inside and outside.
    public let signatureAlgorithm: SignatureAlgorithmIdentifier
    /// The signature's octets, as offsets in ``der``.
    public let signatureRange: Range<Int>

    /// Reads exactly one certificate; anything that is not strict DER of RFC 5280 is refused.
    public init(der: [UInt8]) throws(DERError) {
        try self.init(der: der, isAuthority: false)
    }

    /// Reads the certificate of a CA that others may have made: its serial number and the type of its times are as they
    /// are, for ``CertificateRules`` to find.
    public init(authority der: [UInt8]) throws(DERError) {
        try self.init(der: der, isAuthority: true)
    }

    private init(der: [UInt8], isAuthority: Bool) throws(DERError) {
        guard der.count <= Self.maximumSize else {
            throw DERError(
                0, "expected a certificate of at most \(Self.maximumSize) octets, found \(der.count)")
        }
        var outer = DERReader(der)
        var certificate = try outer.enter(.sequence, "certificate")
        try outer.finish("certificate")
        let element = try certificate.read(.sequence, "TBS certificate")
        var tbs = certificate.contents(of: element)
        try Self.checkVersion(&tbs)
        (serialRange, serial) = try Self.readSerial(&tbs, isAuthority)
        let innerAlgorithm = tbs.position
        _ = try SignatureAlgorithmIdentifier(reading: &tbs, tolerating: [])
        let innerEnd = tbs.position
        issuer = try DistinguishedName(reading: &tbs, "issuer")
        validity = try Self.readValidity(&tbs, isAuthority)
        subject = try DistinguishedName(reading: &tbs, "subject")
        publicKey = try SubjectPublicKeyInfo(reading: &tbs)
        if tbs.isAtEnd {
            extensions = []
        } else {
            var wrapper = try tbs.enter(.constructed(3), "extensions")
            var tolerated: Set<EncodingQuirk>?
            extensions = try CertificateExtension.readAll(&wrapper, quirks: &tolerated)
            try wrapper.finish("extensions")
        }
        try tbs.finish("TBS certificate")
        let outerAlgorithm = certificate.position
        signatureAlgorithm = try SignatureAlgorithmIdentifier(reading: &certificate, tolerating: [])
        guard der[innerAlgorithm..<innerEnd] == der[outerAlgorithm..<certificate.position] else {
            throw DERError(outerAlgorithm, "the two signature algorithms differ")
        }
        signatureRange = try certificate.octetAlignedBitString("signature")
        try certificate.finish("certificate")
        tbsRange = element.whole
        self.der = der
    }

    /// Whether it is a CA, and its path length if stated; nil without basic constraints.
    public var basicConstraints: (isCA: Bool, pathLength: Int?)? {
        body(.basicConstraints) { reader throws(DERError) in try ExtensionBody.basicConstraints(&reader) }
    }

    /// The key usage, nil if the certificate does not restrict it.
    public var keyUsage: KeyUsage? {
        body(.keyUsage) { reader throws(DERError) in try KeyUsage(reading: &reader) }
    }

    /// The key purposes, nil if the certificate does not restrict them.
    public var extendedKeyUsage: [OID]? {
        body(.extendedKeyUsage) { reader throws(DERError) in try ExtensionBody.purposes(&reader) }
    }

    /// The subject key identifier.
    public var subjectKeyIdentifier: [UInt8]? {
        body(.subjectKeyIdentifier) { reader throws(DERError) in
            reader.copy(try reader.octetString("subject key identifier"))
        }
    }

    /// The authority's key identifier.
    public var authorityKeyIdentifier: [UInt8]? {
        body(.authorityKeyIdentifier) { reader throws(DERError) in
            try ExtensionBody.authorityKeyIdentifier(&reader)
        }.flatMap { $0 }
    }

    /// The value of the extension of this type, read by `read`; it was checked when the certificate was read.
    private func body<Value>(
        _ oid: OID, _ read: (inout DERReader) throws(DERError) -> Value
    ) -> Value? {
        guard let found = extensions.first(where: { $0.oid == oid }) else { return nil }
        var reader = DERReader(found.value)
        return try? read(&reader)
    }

    private static func checkVersion(_ tbs: inout DERReader) throws(DERError) {
        let start = tbs.position
        var wrapper = try tbs.enter(.constructed(0), "version")
        guard try wrapper.smallInteger("version") == 2 else { throw DERError(start, "expected version 3") }
        try wrapper.finish("version")
    }

    private static func readSerial(
        _ tbs: inout DERReader, _ isAuthority: Bool
    ) throws(DERError) -> (Range<Int>, CertificateSerial?) {
        let start = tbs.position
        let range = try tbs.integer("serial number")
        let isNegative = tbs.bytes[range.lowerBound] >= 0x80
        let serial = isNegative ? nil : CertificateSerial(magnitude: tbs.bytes[range])
        guard isAuthority || serial != nil else {
            throw DERError(start, "expected a positive serial number of at most 20 octets")
        }
        return (range, serial)
    }

    /// The serial number in lower-case hexadecimal, two digits an octet; begins with `-` if the number is negative.
    public var serialText: String {
        if let serial { return serial.description }
        var digits = Array(der[serialRange])
        guard digits.first.map({ $0 >= 0x80 }) ?? false else { return hexadecimal(digits) }
        var carry: UInt8 = 1
        for index in digits.indices.reversed() {
            digits[index] = ~digits[index] &+ carry
            if digits[index] != 0 { carry = 0 }
        }
        return "-" + hexadecimal(digits)
    }

    private static func readValidity(
        _ tbs: inout DERReader, _ isAuthority: Bool
    ) throws(DERError) -> ValidityPeriod {
        let start = tbs.position
        var body = try tbs.enter(.sequence, "validity")
        let notBefore = try readTime(&body, isAuthority)
        let notAfter = try readTime(&body, isAuthority)
        try body.finish("validity")
        guard let period = ValidityPeriod(notBefore: notBefore, notAfter: notAfter) else {
            throw DERError(start, "notBefore is later than notAfter")
        }
        return period
    }

    private static func readTime(_ body: inout DERReader, _ isAuthority: Bool) throws(DERError) -> Int64 {
        let element = try body.next()
        return isAuthority
            ? try DERTime.seconds(body, element) : try DERTime.strictSeconds(body, element)
    }
}
