import DeviceIdentity
import PKIX

/// Reads a TBSCertificate back before it is signed, so that only checked octets are.
///
/// Independent of the writer: it walks the DER and compares every field with what was meant. What all certificates of
/// a profile have in common was held against RFC 5280 when the profile was read (``ProfileCheck``); here it is
/// compared octet by octet, and what differs from certificate to certificate is judged. It costs about 1 µs.
struct CertificateLint: Sendable {
    /// AlgorithmIdentifier, DER.
    let algorithm: [UInt8]
    let issuer: DistinguishedName
    /// The validity of the CA, which no certificate leaves.
    let issuerValidity: ValidityPeriod
    /// The extensions before the alternative name and the key identifiers.
    let extensions: [CertificateExtension]
    /// Whether the device's UUID is the alternative name.
    let namesDevice: Bool
    let hasSubjectKeyIdentifier: Bool
    /// `nil` for a certificate without it, as a self-signed one is.
    private let authorityKeyIdentifier: CertificateExtension?

    /// - Parameters:
    ///   - algorithm: AlgorithmIdentifier, DER.
    ///   - extensions: before the alternative name and the key identifiers.
    ///   - issuerKeyIdentifier: `nil` where there is no authority key identifier.
    init(
        algorithm: [UInt8], issuer: DistinguishedName, issuerValidity: ValidityPeriod,
        extensions: [CertificateExtension], namesDevice: Bool = false, hasSubjectKeyIdentifier: Bool = true,
        issuerKeyIdentifier: [UInt8]?
    ) {
        self.algorithm = algorithm
        self.issuer = issuer
        self.issuerValidity = issuerValidity
        self.extensions = extensions
        self.namesDevice = namesDevice
        self.hasSubjectKeyIdentifier = hasSubjectKeyIdentifier
        authorityKeyIdentifier = issuerKeyIdentifier.map { .authorityKeyIdentifier($0) }
    }

    /// What was meant and differs from certificate to certificate.
    struct Subject: Sendable {
        let name: DistinguishedName
        let key: IdentifiedKey
        let device: DeviceUUID?
        /// Where the profile copies names of the request: those, and the device's where the profile has that too.
        let alternativeName: CertificateExtension?

        init(
            name: DistinguishedName, key: IdentifiedKey, device: DeviceUUID? = nil,
            alternativeName: CertificateExtension? = nil
        ) {
            self.name = name
            self.key = key
            self.device = device
            self.alternativeName = alternativeName
        }

        init(
            name: DistinguishedName, publicKey: SubjectPublicKeyInfo, device: DeviceUUID? = nil,
            alternativeName: CertificateExtension? = nil
        ) {
            self.init(
                name: name, key: IdentifiedKey(publicKey), device: device, alternativeName: alternativeName)
        }
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
            return try read(tbs, serial, validity, subject)
        } catch {
            return error.description
        }
    }

    private func read(
        _ tbs: [UInt8], _ serial: CertificateSerial, _ validity: ValidityPeriod, _ subject: Subject
    ) throws(DERError) -> String? {
        var reader = DERReader(tbs)
        let outerEnd = try reader.descend(.sequence, "TBS certificate")
        guard outerEnd == reader.end else { throw DERError(reader.end, "octets after the TBS certificate") }
        if let finding = try readFields(&reader, serial, validity, subject) { return finding }
        if let finding = try readExtensions(&reader, subject) { return finding }
        try reader.leave(outerEnd, "TBS certificate")
        return nil
    }

    /// Everything before the extensions.
    private func readFields(
        _ body: inout DERReader, _ serial: CertificateSerial, _ validity: ValidityPeriod, _ subject: Subject
    ) throws(DERError) -> String? {
        guard try body.matches(body.read(.constructed(0), "version").whole, Self.version) else {
            return "the version is not 3"
        }
        let number = try body.integer("serial number")
        // RFC 5280 section 4.1.2.2: positive, at most 20 octets.
        guard number.count <= 20, body.bytes[number.lowerBound] < 0x80 else {
            return "the serial number is not positive and at most 20 octets long"
        }
        let digits = body.bytes[number.lowerBound] == 0 ? number.dropFirst() : number
        guard body.matches(digits, serial.magnitude) else {
            return "the serial number is not the one that was drawn"
        }
        guard try body.matches(body.read(.sequence, "signature algorithm").whole, algorithm) else {
            return "the signature algorithm is not the profile's for this CA"
        }
        guard try body.matches(body.read(.sequence, "issuer").whole, issuer.der) else {
            return "the issuer is not the CA"
        }
        let outerEnd = try body.descend(.sequence, "validity")
        let notBefore = try DERTime.strictSeconds(body, body.next())
        let notAfter = try DERTime.strictSeconds(body, body.next())
        try body.leave(outerEnd, "validity")
        guard notBefore == validity.notBefore, notAfter == validity.notAfter else {
            return "the validity is not the one that was planned"
        }
        guard !subject.name.isEmpty, try body.matches(body.read(.sequence, "subject").whole, subject.name.der)
        else {
            return "the subject is not the one that was vetted"
        }
        guard try body.matches(body.read(.sequence, "public key").whole, subject.key.info.der) else {
            return "the public key is not the one that was vetted"
        }
        return nil
    }

    /// Version 3: `[0] { INTEGER 2 }`.
    private static let version: [UInt8] = [0xA0, 0x03, 0x02, 0x01, 0x02]

    private func readExtensions(_ body: inout DERReader, _ subject: Subject) throws(DERError) -> String? {
        if extensions.isEmpty, !namesDevice, subject.alternativeName == nil, !hasSubjectKeyIdentifier,
            authorityKeyIdentifier == nil
        {
            return body.isAtEnd ? nil : "the profile has no extensions"
        }
        let behindWrapper = try body.descend(.constructed(3), "extensions")
        let behindList = try body.descend(.sequence, "extensions")
        if let finding = try readList(&body, subject) { return finding }
        try body.leave(behindList, "extensions")
        try body.leave(behindWrapper, "extensions")
        return nil
    }

    private func readList(_ list: inout DERReader, _ subject: Subject) throws(DERError) -> String? {
        for expected in extensions {
            guard try matches(&list, expected) else {
                return "the extension \(expected.oid) is not the profile's"
            }
        }
        if let expected = subject.alternativeName {
            guard try matches(&list, expected) else {
                return "the alternative names are not those that were vetted"
            }
        } else if namesDevice {
            guard let device = subject.device else {
                return "no device is known whose UUID could be the name"
            }
            let expected = CertificateExtension.subjectAlternativeName(
                uri: CertificateProfile.uri(of: device))
            guard try matches(&list, expected) else {
                return "the alternative name is not the device's UUID"
            }
        }
        if hasSubjectKeyIdentifier {
            guard let value = try value(&list, .subjectKeyIdentifier, isCritical: false) else {
                return "the subject key identifier is not the key's"
            }
            guard matches(list, value, octetString: subject.key.identifier) else {
                return "the subject key identifier is not the key's"
            }
        }
        if let authorityKeyIdentifier {
            guard try matches(&list, authorityKeyIdentifier) else {
                return "the authority key identifier is not the CA's"
            }
        }
        return nil
    }

    /// Whether `range` is one OCTET STRING of these fewer than 128 octets.
    private func matches(_ reader: DERReader, _ range: Range<Int>, octetString content: [UInt8]) -> Bool {
        let header: [UInt8] = [DERTag.octetString.octet, UInt8(truncatingIfNeeded: content.count)]
        let start = range.lowerBound + header.count
        return content.count < 0x80 && range.count == header.count + content.count
            && reader.matches(range.lowerBound..<start, header)
            && reader.matches(start..<range.upperBound, content)
    }

    private func matches(
        _ list: inout DERReader, _ expected: CertificateExtension
    ) throws(DERError) -> Bool {
        guard let value = try value(&list, expected.oid, isCritical: expected.isCritical) else {
            return false
        }
        return list.matches(value, expected.value)
    }

    /// Where the value of the next extension lies; nil if its type or its criticality is another.
    private func value(
        _ list: inout DERReader, _ oid: OID, isCritical: Bool
    ) throws(DERError) -> Range<Int>? {
        let outerEnd = try list.descend(.sequence, "extension")
        let type = try list.objectIdentifierRange("extension type")
        var critical = false
        if list.nextTag == .boolean {
            critical = try list.boolean("critical")
            // X.690 section 11.5: what is the default is not written.
            guard critical else { return nil }
        }
        let value = try list.octetString("extension value")
        try list.leave(outerEnd, "extension")
        return list.matches(type, oid.content) && critical == isCritical ? value : nil
    }
}
