import OpenSSL
import PKIX

/// Holds a profile against the rules of certificates, and certificates against a profile.
enum ProfileCheck {
    /// A breach that certificates of a profile would bring with them; nil if there is none.
    ///
    /// A certificate is drafted for each type of key that the profile allows, and read as any other: what is the same in
    /// all certificates of the profile is judged once, when the profile is read, and not again for each.
    static func finding(of profile: CertificateProfile) -> LintFinding? {
        guard let subject = try? DistinguishedName(text: "CN=subject"),
            let issuer = try? DistinguishedName(text: "CN=issuer"),
            let serial = CertificateSerial(magnitude: [1]),
            let validity = ValidityPeriod(notBefore: 0, notAfter: DERTime.latest)
        else { return nil }
        let rule = profile.extensionRule
        let hasURI = rule.alternativeName == .deviceUUID
        let template = CertificateTemplate(
            issuer: issuer, algorithm: profile.signatureHash.algorithm(for: .p256) ?? .ecdsa(.sha256),
            extensions: profile.extensions,
            issuerKeyIdentifier: rule.hasAuthorityKeyIdentifier ? [UInt8](repeating: 1, count: 20) : nil,
            uriLength: hasURI ? CertificateProfile.uriLength : nil,
            writesKeyIdentifier: rule.hasSubjectKeyIdentifier)
        let uri = hasURI ? Array("urn:uuid:00000000-0000-0000-0000-000000000000".utf8) : nil
        for type in KeyType.allCases where profile.keys.types.contains(type) {
            guard let template, let key = sampleKey(type),
                let reading = try? CertificateReading(
                    tbs: template.makeTBS(
                        serial: serial, subject: subject, publicKey: key, validity: validity, uri: uri))
            else { return LintFinding(.profileExtensions, "octets that cannot be read back") }
            let findings = CertificateRules.findings(in: reading, judgesKey: false)
            if let found = findings.first(where: { $0.severity == .error && !profile.waives($0.rule) }) {
                return found
            }
        }
        return nil
    }

    /// A key of this type in form; nobody has to hold it.
    private static func sampleKey(_ type: KeyType) -> SubjectPublicKeyInfo? {
        var writer = DERWriter()
        writer.sequence { writer in
            writer.sequence { writer in
                writer.objectIdentifier(algorithm(type))
                if let curve = curve(type) { writer.objectIdentifier(curve.identifier) }
                if type == .rsa { writer.null() }
            }
            writer.bitString(octets(type))
        }
        return try? SubjectPublicKeyInfo(der: writer.bytes)
    }

    private static func algorithm(_ type: KeyType) -> OID {
        switch type {
        case .p256, .p384, .p521: .ecPublicKey
        case .ed25519: .ed25519
        case .rsa: .rsaEncryption
        }
    }

    private static func curve(_ type: KeyType) -> PublicKeyComponents.Curve? {
        switch type {
        case .p256: .p256
        case .p384: .p384
        case .p521: .p521
        case .ed25519, .rsa: nil
        }
    }

    private static func octets(_ type: KeyType) -> [UInt8] {
        if let curve = curve(type) { return [0x04] + [UInt8](repeating: 1, count: 2 * curve.width) }
        guard type == .rsa else { return [UInt8](repeating: 1, count: 32) }
        var writer = DERWriter()
        writer.sequence { writer in
            writer.unsignedInteger([UInt8](repeating: 0xff, count: 256))
            writer.unsignedInteger([1, 0, 1])
        }
        return writer.bytes
    }

    /// What of a certificate's key and subject the profile does not allow. Extensions, validity and size are for
    /// ``CertificateForm``.
    static func objections(to certificate: ParsedCertificate, _ profile: CertificateProfile) -> [String] {
        var objections: [String] = []
        switch certificate.publicKey.acceptedKind() {
        case .failure: objections.append("the profile certifies no keys of this kind")
        case .success(let kind):
            if let reason = profile.keys.objection(to: kind, profile: profile.name) {
                objections.append(reason)
            }
        }
        if let reason = profile.subject.objection(to: certificate.subject) { objections.append(reason) }
        return objections
    }
}

extension CertificateProfile {
    /// Whether the profile says on purpose what breaks a rule.
    func waives(_ rule: LintRule) -> Bool {
        switch rule {
        case .authorityKeyIdentifier: !extensionRule.hasAuthorityKeyIdentifier
        case .subjectKeyIdentifier: !extensionRule.hasSubjectKeyIdentifier
        default: false
        }
    }
}
