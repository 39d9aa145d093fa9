import DeviceIdentity
import Diagnostics
public import PKIX

extension LintRule {
    static let profileKey = LintRule(
        "profile-key", .error, "profile, keys", "the key is one that the profile certifies")
    static let profileSubject = LintRule(
        "profile-subject", .error, "profile, subject", "the subject is one of the profile's")
    static let profileValidity = LintRule(
        "profile-validity", .error, "profile, validity", "the validity is one that the profile allows")
    static let profileSignature = LintRule(
        "profile-signature", .error, "profile, signatureHash", "the signature has the profile's hash")
    static let profileExtensions = LintRule(
        "profile-extensions", .error, "profile, extensions", "the extensions are the profile's")
    static let profileSize = LintRule(
        "profile-size", .error, "profile, maximumPemBytes", "the certificate is no longer than allowed")
    static let issuerName = LintRule(
        "issuer-name", .error, "RFC 5280 section 6.1.3", "the issuer is the subject of the CA's certificate")
    static let issuerSignature = LintRule(
        "issuer-signature", .error, "RFC 5280 section 6.1.3", "the signature is the CA's")
    static let issuerKeyIdentifier = LintRule(
        "issuer-key-identifier", .error, "RFC 5280 section 4.2.1.1",
        "the authority key identifier is the CA's subject key identifier")
    static let issuerValidity = LintRule(
        "issuer-validity", .error, "RFC 5280 section 6.1.3", "the validity lies within that of the CA")

    /// All rules: of standards, of a profile, of a CA.
    public static let allWithProfile: [LintRule] =
        all + [
            profileKey, profileSubject, profileValidity, profileSignature, profileExtensions, profileSize,
            issuerName, issuerSignature, issuerKeyIdentifier, issuerValidity,
        ]
}

/// Holds any certificate against the standards, and against a profile and a CA where they are given.
public struct CertificateExaminer: Sendable {
    private let profile: CertificateProfile?
    private let authority: KnownAuthority?

    public init(profile: CertificateProfile? = nil, authority: KnownAuthority? = nil) {
        self.profile = profile
        self.authority = authority
    }

    /// Every breach. Where the profile says on purpose what breaks a rule, that is a warning.
    public func findings(in certificate: CertificateReading) -> [LintFinding] {
        var findings = CertificateRules.findings(in: certificate).map { finding in
            profile?.waives(finding.rule) == true ? finding.weighing(.warning) : finding
        }
        if let profile { findings += self.findings(in: certificate, profile) }
        if let authority { findings += self.findings(in: certificate, authority) }
        return findings
    }

    // MARK: Profile

    private func findings(
        in certificate: CertificateReading, _ profile: CertificateProfile
    ) -> [LintFinding] {
        var findings: [LintFinding] = []
        if case .success(let kind)? = certificate.subjectKey?.statedKind(),
            let reason = profile.keys.objection(to: kind, profile: profile.name)
        {
            findings.append(LintFinding(.profileKey, reason: reason))
        }
        if let name = certificate.subjectName, let reason = profile.subject.objection(to: name) {
            findings.append(LintFinding(.profileSubject, reason: reason))
        }
        if let start = certificate.times.notBefore, let end = certificate.times.notAfter,
            let period = ValidityPeriod(notBefore: start, notAfter: end),
            let reason = profile.validity.objection(to: period)
        {
            findings.append(LintFinding(.profileValidity, reason: reason))
        }
        if let algorithm = authority.map({ profile.signatureHash.algorithm(for: $0.keyKind) }),
            case .supported(let found)? = certificate.algorithm?.meaning, found != algorithm
        {
            findings.append(LintFinding(.profileSignature))
        }
        findings += extensionFindings(certificate, profile)
        let length = PEMWriter.length(label: "CERTIFICATE", of: certificate.der.count)
        if length > profile.maximumPEMLength {
            findings.append(
                LintFinding(.profileSize, "\(length) octets as PEM, allowed \(profile.maximumPEMLength)"))
        }
        return findings
    }

    private func extensionFindings(
        _ certificate: CertificateReading, _ profile: CertificateProfile
    ) -> [LintFinding] {
        let rule = profile.extensionRule
        var expected = profile.extensions
        // A caller may have chosen the path length of a CA.
        if case .authority(_, let maximum) = rule.constraints {
            let length = certificate.pathLength.flatMap { UInt8(exactly: $0) }
            if maximum.map({ bound in length.map { $0 <= bound } ?? false }) ?? true {
                expected = rule.fixed(pathLength: length)
            }
        }
        var found = certificate.extensionList
        var findings: [LintFinding] = []
        for element in expected {
            guard let index = found.firstIndex(where: { $0.oid == element.oid }) else {
                findings.append(LintFinding(.profileExtensions, "no \(element.oid)"))
                continue
            }
            if found[index] != element {
                findings.append(LintFinding(.profileExtensions, "another value of \(element.oid)"))
            }
            found.remove(at: index)
        }
        let copiesNames = profile.alternativeNames != nil
        if copiesNames { findings += alternativeNameFindings(certificate, &found, profile) }
        let identifiers: [(OID, Bool)] = [
            (.subjectAlternativeName, rule.alternativeName == .deviceUUID && !copiesNames),
            (.subjectKeyIdentifier, rule.hasSubjectKeyIdentifier),
            (.authorityKeyIdentifier, rule.hasAuthorityKeyIdentifier),
        ]
        for (oid, isWanted) in identifiers where isWanted {
            guard let index = found.firstIndex(where: { $0.oid == oid }) else {
                findings.append(LintFinding(.profileExtensions, "no \(oid)"))
                continue
            }
            let element = found.remove(at: index)
            if oid == .subjectAlternativeName, !Self.isDeviceName(element.value) {
                findings.append(LintFinding(.profileExtensions, "an alternative name that is no urn:uuid"))
            }
        }
        for element in found {
            findings.append(LintFinding(.profileExtensions, "\(element.oid) besides"))
        }
        return findings
    }

    /// Where the profile copies names of the request: which device the certificate is for is not known here, so that its
    /// own URI may be any device's.
    private func alternativeNameFindings(
        _ certificate: CertificateReading, _ found: inout [CertificateExtension],
        _ profile: CertificateProfile
    ) -> [LintFinding] {
        let index = found.firstIndex { $0.oid == .subjectAlternativeName }
        let element = index.map { found.remove(at: $0) }
        let device = element?.generalNames.first.flatMap { $0 }.flatMap(GrantedNames.device(of:))
        switch GrantedNames.audit(element, under: profile, device: device) {
        case .failure(let failure): return [LintFinding(.profileExtensions, reason: failure.message)]
        case .success(let expected) where expected != element:
            return [LintFinding(.profileExtensions, "another value of \(OID.subjectAlternativeName)")]
        case .success: return []
        }
    }

    /// Whether the value is one URI with a device UUID.
    private static func isDeviceName(_ value: [UInt8]) -> Bool {
        let text = String(decoding: value.suffix(36), as: UTF8.self)
        guard let device = try? DeviceUUID(text: text) else { return false }
        return CertificateExtension.subjectAlternativeName(uri: CertificateProfile.uri(of: device)).value
            == value
    }

    // MARK: Issuer

    private func findings(
        in certificate: CertificateReading, _ authority: KnownAuthority
    ) -> [LintFinding] {
        var findings: [LintFinding] = []
        if certificate.issuerName != authority.certificate.subject {
            findings.append(LintFinding(.issuerName))
        }
        if !isSigned(certificate, by: authority) { findings.append(LintFinding(.issuerSignature)) }
        if let identifier = certificate.authorityKeyIdentifier,
            let own = authority.certificate.subjectKeyIdentifier, identifier != own
        {
            findings.append(LintFinding(.issuerKeyIdentifier))
        }
        let period = authority.certificate.validity
        if let start = certificate.times.notBefore, let end = certificate.times.notAfter,
            start < period.notBefore || end > period.notAfter
        {
            findings.append(LintFinding(.issuerValidity))
        }
        return findings
    }

    private func isSigned(_ certificate: CertificateReading, by authority: KnownAuthority) -> Bool {
        guard let signature = certificate.signatureRange,
            case .supported(let algorithm)? = certificate.algorithm?.meaning
        else { return false }
        return authority.isValid(
            signature: Array(certificate.der[signature]), over: Array(certificate.der[certificate.tbsRange]),
            algorithm: algorithm)
    }
}
