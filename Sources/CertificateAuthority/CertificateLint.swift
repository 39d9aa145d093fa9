import DeviceIdentity
import PKIX

/// Reads a TBSCertificate back before it is signed, so that only checked octets are.
///
/// Independent of the writer: it walks the DER and compares every field with what was meant. What all certificates of
/// a profile have in common was held against RFC 5280 when the profile was read (``ProfileCheck``); here it is
/// compared octet by octet, and what differs from certificate to certificate is judged. It costs about 2 µs.
struct CertificateLint: Sendable {
    /// AlgorithmIdentifier, DER.
    let algorithm: [UInt8]
    let issuer: DistinguishedName
    /// The validity of the CA, which no certificate leaves.
    let issuerValidity: ValidityPeriod
    /// The extensions in front of the alternative name and the key identifiers.
    let extensions: [CertificateExtension]
    /// Whether the device's UUID is the alternative name.
    var namesDevice = false
    var hasSubjectKeyIdentifier = true
    /// `nil` for a certificate without authority key identifier, as a self-signed one is.
    let issuerKeyIdentifier: [UInt8]?

    /// What was meant and differs from certificate to certificate.
    struct Subject {
        let name: DistinguishedName
        let publicKey: SubjectPublicKeyInfo
        var device: DeviceUUID?
    }

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
        in tbs: [UInt8], serial: CertificateSerial, validity: ValidityPeriod, subject: Subject
    ) -> String? {
        guard validity.notBefore >= issuerValidity.notBefore, validity.notAfter <= issuerValidity.notAfter
        else {
            return "the validity leaves that of the CA"
        }
        do {
            switch try read(tbs, subject) {
            case .failure(let finding): return finding.text
            case .success(let reading):
                if reading.serial != serial { return "the serial number is not the one that was drawn" }
                return reading.validity == validity ? nil : "the validity is not the one that was planned"
            }
        } catch {
            return error.description
        }
    }

    private func read(_ tbs: [UInt8], _ subject: Subject) throws(DERError) -> Result<Reading, Finding> {
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
            return Self.failure("the signature algorithm is not the profile's for this CA")
        }
        guard try body.matches(body.read(.sequence, "issuer").whole, issuer.der) else {
            return Self.failure("the issuer is not the CA")
        }
        var period = try body.enter(.sequence, "validity")
        let notBefore = try DERTime.strictSeconds(period, period.next())
        let notAfter = try DERTime.strictSeconds(period, period.next())
        try period.finish("validity")
        guard let validity = ValidityPeriod(notBefore: notBefore, notAfter: notAfter) else {
            return Self.failure("the validity ends before it begins")
        }
        guard !subject.name.isEmpty, try body.matches(body.read(.sequence, "subject").whole, subject.name.der)
        else {
            return Self.failure("the subject is not the one that was vetted")
        }
        guard try body.matches(body.read(.sequence, "public key").whole, subject.publicKey.der) else {
            return Self.failure("the public key is not the one that was vetted")
        }
        if let finding = try readExtensions(&body, subject) { return Self.failure(finding) }
        try body.finish("TBS certificate")
        return .success(Reading(serial: serial, validity: validity))
    }

    private static func failure(_ text: String) -> Result<Reading, Finding> { .failure(Finding(text: text)) }

    private func readExtensions(_ body: inout DERReader, _ subject: Subject) throws(DERError) -> String? {
        if extensions.isEmpty, !namesDevice, !hasSubjectKeyIdentifier, issuerKeyIdentifier == nil {
            return body.isAtEnd ? nil : "the profile has no extensions"
        }
        var wrapper = try body.enter(.constructed(3), "extensions")
        var list = try wrapper.enter(.sequence, "extensions")
        try wrapper.finish("extensions")
        for expected in extensions {
            guard try matches(&list, expected) else {
                return "the extension \(expected.oid) is not the profile's"
            }
        }
        if namesDevice {
            guard let device = subject.device else {
                return "no device is known whose UUID could be the name"
            }
            let expected = CertificateExtension.subjectAlternativeName(
                uri: CertificateProfile.uri(of: device))
            guard try matches(&list, expected) else { return "the alternative name is not the device's UUID" }
        }
        if hasSubjectKeyIdentifier {
            let expected = CertificateExtension.subjectKeyIdentifier(subject.publicKey.keyIdentifier)
            guard try matches(&list, expected) else { return "the subject key identifier is not the key's" }
        }
        if let issuerKeyIdentifier {
            let expected = CertificateExtension.authorityKeyIdentifier(issuerKeyIdentifier)
            guard try matches(&list, expected) else { return "the authority key identifier is not the CA's" }
        }
        try list.finish("extensions")
        return nil
    }

    private func matches(
        _ list: inout DERReader, _ expected: CertificateExtension
    ) throws(DERError) -> Bool {
        var item = try list.enter(.sequence, "extension")
        let type = try item.objectIdentifierRange("extension type")
        var critical = false
        if item.nextTag == .boolean {
            critical = try item.boolean("critical")
            // X.690 section 11.5: what is the default is not written.
            guard critical else { return false }
        }
        let content = try item.octetString("extension value")
        try item.finish("extension")
        return item.matches(type, expected.oid.content) && critical == expected.isCritical
            && item.matches(content, expected.value)
    }
}
