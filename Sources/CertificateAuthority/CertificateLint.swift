import PKIX

/// Reads a TBSCertificate back before it is signed, so that only checked octets are.
///
/// Independent of the writer: it walks the DER and compares every field with what was meant. It costs about
/// 1 µs.
struct CertificateLint: Sendable {
    /// AlgorithmIdentifier, DER.
    let algorithm: [UInt8]
    let issuer: DistinguishedName
    /// The validity of the CA, which no certificate leaves.
    let issuerValidity: ValidityPeriod
    /// The extensions in front of the key identifiers.
    let extensions: [CertificateExtension]
    /// `nil` for a self-signed certificate, which has no authority key identifier.
    let issuerKeyIdentifier: [UInt8]?

    /// What the octets say that differs from certificate to certificate.
    private struct Reading {
        let serial: CertificateSerial
        let validity: ValidityPeriod
    }

    /// Why octets are not to be signed.
    private struct Finding: Error {
        let text: String
    }

    /// What is wrong with `tbs`, which has to be the certificate of this CA and profile for this subject and key,
    /// with this serial and validity; `nil` if nothing is.
    func finding(
        in tbs: [UInt8], serial: CertificateSerial, validity: ValidityPeriod, subject: DistinguishedName,
        publicKey: SubjectPublicKeyInfo
    ) -> String? {
        guard validity.notBefore >= issuerValidity.notBefore, validity.notAfter <= issuerValidity.notAfter
        else {
            return "the validity leaves that of the CA"
        }
        do {
            switch try read(tbs, subject, publicKey) {
            case .failure(let finding): return finding.text
            case .success(let reading):
                if reading.serial != serial { return "the serial number is not the one that was drawn" }
                return reading.validity == validity ? nil : "the validity is not the one that was planned"
            }
        } catch {
            return error.description
        }
    }

    private func read(
        _ tbs: [UInt8], _ subject: DistinguishedName, _ publicKey: SubjectPublicKeyInfo
    ) throws(DERError) -> Result<Reading, Finding> {
        var outer = DERReader(tbs)
        var body = try outer.enter(.sequence, "TBS certificate")
        try outer.finish("TBS certificate")
        var version = try body.enter(.constructed(0), "version")
        guard try version.smallInteger("version") == 2 else { return Self.failure("the version is not 3") }
        try version.finish("version")
        let number = try body.integer("serial number")
        // RFC 5280 section 4.1.2.2: positive, at most 20 octets.
        guard number.count <= 20, tbs[number.lowerBound] < 0x80,
            let serial = CertificateSerial(magnitude: tbs[number].drop { $0 == 0 })
        else { return Self.failure("the serial number is not positive and at most 20 octets long") }
        guard try body.matches(body.read(.sequence, "signature algorithm").whole, algorithm) else {
            return Self.failure("the signature algorithm is not the CA's")
        }
        guard try body.matches(body.read(.sequence, "issuer").whole, issuer.der) else {
            return Self.failure("the issuer is not the CA")
        }
        var period = try body.enter(.sequence, "validity")
        let notBefore = try DERTime.seconds(period, period.next())
        let notAfter = try DERTime.seconds(period, period.next())
        try period.finish("validity")
        guard let validity = ValidityPeriod(notBefore: notBefore, notAfter: notAfter) else {
            return Self.failure("the validity ends before it begins")
        }
        guard !subject.isEmpty, try body.matches(body.read(.sequence, "subject").whole, subject.der) else {
            return Self.failure("the subject is not the one that was vetted")
        }
        guard try body.matches(body.read(.sequence, "public key").whole, publicKey.der) else {
            return Self.failure("the public key is not the one that was vetted")
        }
        var wrapper = try body.enter(.constructed(3), "extensions")
        try body.finish("TBS certificate")
        if let finding = try readExtensions(&wrapper) { return Self.failure(finding) }
        return .success(Reading(serial: serial, validity: validity))
    }

    private static func failure(_ text: String) -> Result<Reading, Finding> { .failure(Finding(text: text)) }

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
