/// One extension of a certificate or of an extensionRequest attribute (RFC 5280 section 4.2).
public struct CertificateExtension: Hashable, Sendable {
    /// The extension's type.
    public let oid: OID
    /// Whether a reader that does not know the type has to refuse the certificate.
    public let isCritical: Bool
    /// The DER within the extnValue OCTET STRING.
    public let value: [UInt8]

    /// An extension whose `value` is DER.
    public init(oid: OID, isCritical: Bool, value: [UInt8]) {
        self.oid = oid
        self.isCritical = isCritical
        self.value = value
    }

    func append(to writer: inout DERWriter) {
        writer.sequence { writer in
            writer.objectIdentifier(oid)
            if isCritical { writer.boolean(true) }
            writer.octetString(value)
        }
    }

    /// The most extensions in one list. They are compared each with each, so there has to be a bound.
    static let maximumCount = 100

    /// Reads an `Extensions` SEQUENCE: not empty, no type twice, known bodies well-formed.
    ///
    /// Adds to `quirks` what it let pass; nil tolerates nothing.
    static func readAll(
        _ reader: inout DERReader, quirks: inout Set<EncodingQuirk>?
    ) throws(DERError) -> [CertificateExtension] {
        let start = reader.position
        var list = try reader.enter(.sequence, "extensions")
        var result: [CertificateExtension] = []
        while !list.isAtEnd {
            let offset = list.position
            guard result.count < maximumCount else {
                throw DERError(offset, "expected at most \(maximumCount) extensions")
            }
            let element = try read(&list, &quirks)
            guard !result.contains(where: { $0.oid == element.oid }) else {
                throw DERError(offset, "extension \(element.oid) occurs twice")
            }
            result.append(element)
        }
        guard !result.isEmpty else { throw DERError(start, "extensions are empty") }
        return result
    }

    private static func read(
        _ list: inout DERReader, _ quirks: inout Set<EncodingQuirk>?
    ) throws(DERError) -> CertificateExtension {
        var item = try list.enter(.sequence, "extension")
        let oid = item.extensionType(try item.objectIdentifierRange("extension type"))
        var isCritical = false
        if item.nextTag == .boolean {
            let offset = item.position
            isCritical = try item.boolean("critical")
            // DEFAULT values are not encoded in DER (X.690 section 11.5).
            if !isCritical {
                guard quirks != nil else { throw DERError(offset, "critical is FALSE but written out") }
                quirks?.insert(.explicitDefault)
            }
        }
        let value = try item.octetString("extension value")
        try item.finish("extension")
        try ExtensionBody.check(oid, DERReader(item.bytes, in: value))
        return CertificateExtension(oid: oid, isCritical: isCritical, value: item.copy(value))
    }
}

// MARK: Bodies that are written

extension CertificateExtension {
    /// BasicConstraints, critical (RFC 5280 section 4.2.1.9); `pathLength` counts intermediates below a CA.
    public static func basicConstraints(isCA: Bool, pathLength: UInt8? = nil) -> CertificateExtension {
        var writer = DERWriter()
        writer.sequence { writer in
            guard isCA else { return }
            writer.boolean(true)
            if let pathLength { writer.unsignedInteger([pathLength]) }
        }
        return CertificateExtension(oid: .basicConstraints, isCritical: true, value: writer.bytes)
    }

    /// KeyUsage, critical (RFC 5280 section 4.2.1.3).
    public static func keyUsage(_ usage: KeyUsage) -> CertificateExtension {
        CertificateExtension(oid: .keyUsage, isCritical: true, value: usage.der)
    }

    /// ExtendedKeyUsage, not critical (RFC 5280 section 4.2.1.12).
    public static func extendedKeyUsage(_ purposes: [OID]) -> CertificateExtension {
        var writer = DERWriter()
        writer.sequence { writer in
            for purpose in purposes { writer.objectIdentifier(purpose) }
        }
        return CertificateExtension(oid: .extendedKeyUsage, isCritical: false, value: writer.bytes)
    }

    /// SubjectAltName with one URI and nothing else, not critical (RFC 5280 section 4.2.1.6).
    public static func subjectAlternativeName(uri: [UInt8]) -> CertificateExtension {
        var writer = DERWriter()
        writer.sequence { $0.primitive(.primitive(6), uri) }
        return CertificateExtension(oid: .subjectAlternativeName, isCritical: false, value: writer.bytes)
    }

    /// SubjectAltName with the names and addresses of a server, not critical (RFC 5280 section 4.2.1.6).
    ///
    /// - Parameters:
    ///   - hosts: DNS names in ASCII.
    ///   - addresses: of 4 or 16 octets.
    public static func subjectAlternativeName(
        hosts: [String], addresses: [[UInt8]]
    ) -> CertificateExtension {
        var writer = DERWriter()
        writer.sequence { writer in
            for host in hosts { writer.primitive(.primitive(2), Array(host.utf8)) }
            for address in addresses { writer.primitive(.primitive(7), address) }
        }
        return CertificateExtension(oid: .subjectAlternativeName, isCritical: false, value: writer.bytes)
    }

    /// SubjectKeyIdentifier, not critical (RFC 5280 section 4.2.1.2).
    public static func subjectKeyIdentifier(_ identifier: [UInt8]) -> CertificateExtension {
        var writer = DERWriter()
        writer.octetString(identifier)
        return CertificateExtension(oid: .subjectKeyIdentifier, isCritical: false, value: writer.bytes)
    }

    /// AuthorityKeyIdentifier with nothing but a keyIdentifier, not critical (RFC 5280 section 4.2.1.1).
    public static func authorityKeyIdentifier(_ identifier: [UInt8]) -> CertificateExtension {
        var writer = DERWriter()
        writer.sequence { $0.primitive(.primitive(0), identifier) }
        return CertificateExtension(oid: .authorityKeyIdentifier, isCritical: false, value: writer.bytes)
    }
}
