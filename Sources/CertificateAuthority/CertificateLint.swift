import PKIX

/// Reads a TBSCertificate back before it is signed, so that only checked octets are.
///
/// Independent of the writer: it walks the DER and compares every field with what was meant. It costs about
/// 1 µs.
struct CertificateLint: Sendable {
    /// AlgorithmIdentifier, DER.
    let algorithm: [UInt8]
    let issuer: DistinguishedName
    let validity: ValidityPeriod
    /// The extensions in front of the key identifiers.
    let extensions: [CertificateExtension]
    /// `nil` for a self-signed certificate, which has no authority key identifier.
    let issuerKeyIdentifier: [UInt8]?

    /// What is wrong with `tbs`; `nil` if nothing is.
    func finding(
        in tbs: [UInt8], serial: CertificateSerial, subject: DistinguishedName,
        publicKey: SubjectPublicKeyInfo
    ) -> String? {
        do {
            return try read(tbs, serial, subject, publicKey)
        } catch {
            return error.description
        }
    }

    private func read(
        _ tbs: [UInt8], _ serial: CertificateSerial, _ subject: DistinguishedName,
        _ publicKey: SubjectPublicKeyInfo
    ) throws(DERError) -> String? {
        var outer = DERReader(tbs)
        var body = try outer.enter(.sequence, "TBS certificate")
        try outer.finish("TBS certificate")
        var version = try body.enter(.constructed(0), "version")
        guard try version.smallInteger("version") == 2 else { return "the version is not 3" }
        try version.finish("version")
        let number = try body.integer("serial number")
        // RFC 5280 section 4.1.2.2: positive, at most 20 octets.
        guard number.count <= 20, tbs[number.lowerBound] < 0x80,
            body.matches(number.suffixRange(serial.magnitude.count), serial.magnitude)
        else { return "the serial number is not the one that was drawn" }
        guard try body.matches(body.read(.sequence, "signature algorithm").whole, algorithm) else {
            return "the signature algorithm is not the CA's"
        }
        guard try body.matches(body.read(.sequence, "issuer").whole, issuer.der) else {
            return "the issuer is not the CA"
        }
        var period = try body.enter(.sequence, "validity")
        let notBefore = try DERTime.seconds(period, period.next())
        let notAfter = try DERTime.seconds(period, period.next())
        try period.finish("validity")
        guard notBefore == validity.notBefore, notAfter == validity.notAfter else {
            return "the validity is not the one that was planned"
        }
        guard !subject.isEmpty, try body.matches(body.read(.sequence, "subject").whole, subject.der) else {
            return "the subject is not the one that was vetted"
        }
        guard try body.matches(body.read(.sequence, "public key").whole, publicKey.der) else {
            return "the public key is not the one that was vetted"
        }
        var wrapper = try body.enter(.constructed(3), "extensions")
        try body.finish("TBS certificate")
        return try readExtensions(&wrapper)
    }

    private func readExtensions(_ wrapper: inout DERReader) throws(DERError) -> String? {
        var list = try wrapper.enter(.sequence, "extensions")
        try wrapper.finish("extensions")
        for expected in extensions {
            guard try matches(&list, expected.oid, expected.isCritical, expected.value) else {
                return "the extension \(expected.oid) is not the profile's"
            }
        }
        // SubjectKeyIdentifier: 20 octets (RFC 7093), not all zero as in the template.
        var item = try list.enter(.sequence, "extension")
        let type = try item.objectIdentifierRange("extension type")
        var value = DERReader(item.bytes, in: try item.octetString("extension value"))
        let identifier = try value.octetString("subject key identifier")
        guard item.matches(type, OID.subjectKeyIdentifier.content), identifier.count == 20,
            !item.bytes[identifier].allSatisfy({ $0 == 0 })
        else { return "the subject key identifier is missing" }
        try item.finish("extension")
        if let issuerKeyIdentifier {
            let expected = CertificateExtension.authorityKeyIdentifier(issuerKeyIdentifier)
            guard try matches(&list, expected.oid, false, expected.value) else {
                return "the authority key identifier is not the CA's"
            }
        }
        try list.finish("extensions")
        return nil
    }

    private func matches(
        _ list: inout DERReader, _ oid: OID, _ isCritical: Bool, _ value: [UInt8]
    ) throws(DERError) -> Bool {
        var item = try list.enter(.sequence, "extension")
        let type = try item.objectIdentifierRange("extension type")
        let critical = item.nextTag == .boolean ? try item.boolean("critical") : false
        let content = try item.octetString("extension value")
        try item.finish("extension")
        return item.matches(type, oid.content) && critical == isCritical && item.matches(content, value)
    }
}

extension Range<Int> {
    /// The last `count` places, or all.
    fileprivate func suffixRange(_ count: Int) -> Range<Int> {
        Swift.max(lowerBound, upperBound - count)..<upperBound
    }
}
