public import DeviceIdentity
public import Diagnostics
import OpenSSL
public import PKIX

/// What a ledger says of a certificate that it keeps.
public struct LedgerFacts: Sendable, Equatable {
    public let serial: [UInt8]
    /// SHA-256 of the certified key's SubjectPublicKeyInfo.
    public let keyID: [UInt8]
    public let subject: String
    /// The device that it was issued for, where one is known.
    public let device: DeviceUUID?
    /// Whether a device vouched for the key.
    public let isAttested: Bool
    /// Seconds since 1970.
    public let notBefore: Int64
    public let notAfter: Int64
    /// SHA-256 of the TBSCertificate that was to be signed.
    public let tbsDigest: [UInt8]

    public init(
        serial: [UInt8], keyID: [UInt8], subject: String, device: DeviceUUID?, isAttested: Bool,
        notBefore: Int64, notAfter: Int64, tbsDigest: [UInt8]
    ) {
        self.serial = serial
        self.keyID = keyID
        self.subject = subject
        self.device = device
        self.isAttested = isAttested
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.tbsDigest = tbsDigest
    }
}

/// Checks certificates again after they were issued: what they say, who signed them, and whether the ledger kept
/// them as they were.
public struct CertificateAudit: Sendable {
    private let authority: KnownAuthority
    private let profile: CertificateProfile
    private let form: CertificateForm

    /// - Parameter profile: as it is now; what was issued while it was otherwise is found to differ.
    /// - Throws: ``ToolError`` with `issuer-invalid` when the CA's key makes no signature for certificates, `profile`
    ///   when it makes none under this profile.
    public init(authority: KnownAuthority, profile: CertificateProfile) throws(ToolError) {
        self.authority = authority
        self.profile = profile
        form = try CertificateForm(profile: profile, issuer: authority.certificate)
    }

    /// Everything that is wrong with a certificate of this CA and profile; empty when nothing is.
    public func failures(of der: [UInt8], _ facts: LedgerFacts) -> [CheckFailure] {
        var failures: [CheckFailure] = []
        let certificate: ParsedCertificate
        do {
            certificate = try ParsedCertificate(der: der)
        } catch {
            return failures + [CheckFailure(.der, error.description)]
        }
        let tbs = Array(der[certificate.tbsRange])
        failures += facts.contradictions(with: certificate)
        failures += signatureFailures(of: certificate, tbs)
        if profile.attestation.minimumTrust != nil, !facts.isAttested {
            failures.append(
                CheckFailure(.notAttested, "the profile demands a device's word, which is missing"))
        }
        failures += ProfileCheck.objections(to: certificate, profile).map { CheckFailure(.profile, $0) }
        failures += pathFailures(of: certificate)
        // Serial and validity were held against the ledger above.
        var names: CertificateExtension?
        switch GrantedNames.audit(
            certificate.extensions.first { $0.oid == .subjectAlternativeName }, under: profile,
            device: facts.device)
        {
        case .success(let expected): names = expected
        case .failure(let failure): return failures + [failure]
        }
        let subject = CertificateLint.Subject(
            name: certificate.subject, publicKey: certificate.publicKey, device: facts.device,
            alternativeName: names)
        if let serial = certificate.serial,
            let finding = form(for: certificate).finding(
                in: tbs, serial: serial, validity: certificate.validity, subject: subject)
        {
            failures.append(CheckFailure(.lint, finding))
        }
        return failures
    }

    /// The signature is judged by the algorithm that the certificate names: whether it is the
    /// profile's as it is now is another question.
    private func signatureFailures(of certificate: ParsedCertificate, _ tbs: [UInt8]) -> [CheckFailure] {
        guard certificate.issuer == authority.certificate.subject else {
            return [CheckFailure(.chain, "the issuer is not the CA")]
        }
        guard case .supported(let algorithm) = certificate.signatureAlgorithm.meaning,
            authority.isValid(
                signature: Array(certificate.der[certificate.signatureRange]), over: tbs, algorithm: algorithm
            )
        else { return [CheckFailure(.chain, "the signature is not the CA's")] }
        return []
    }

    /// What a certificate of this CA and profile looks like. The path length of a CA was chosen when it was made.
    private func form(for certificate: ParsedCertificate) -> CertificateForm {
        guard profile.extensionRule.isAuthority else { return form }
        let chosen = try? CertificateForm(
            profile: profile, issuer: authority.certificate,
            extensions: profile.extensionRule.fixed(
                pathLength: certificate.basicConstraints?.pathLength.flatMap { UInt8(exactly: $0) }))
        return chosen ?? form
    }

    /// Whether a CA has more below it than its profile and the CA above it allow.
    private func pathFailures(of certificate: ParsedCertificate) -> [CheckFailure] {
        guard case .authority(_, let maximum) = profile.extensionRule.constraints else { return [] }
        let length = certificate.basicConstraints?.pathLength
        var failures: [CheckFailure] = []
        if let maximum, length.map({ $0 > Int(maximum) }) ?? true {
            failures.append(CheckFailure(.profile, "the path length is not one that the profile allows"))
        }
        if let above = authority.certificate.basicConstraints?.pathLength, length.map({ $0 >= above }) ?? true
        {
            failures.append(CheckFailure(.lint, "the path length is not below that of the CA above"))
        }
        return failures
    }
}

extension LedgerFacts {
    /// What a certificate says otherwise; empty when it is the one that the ledger means.
    public func contradictions(with certificate: ParsedCertificate) -> [CheckFailure] {
        var failures: [CheckFailure] = []
        if Digest.sha256(Array(certificate.der[certificate.tbsRange])) != tbsDigest {
            failures.append(CheckFailure(.digest, "the certificate is not the one that was intended"))
        }
        var names: [String] = []
        if certificate.serial?.magnitude != serial { names.append("serial number") }
        if Digest.sha256(certificate.publicKey.der) != keyID { names.append("public key") }
        if certificate.subject.description != subject { names.append("subject") }
        if certificate.validity.notBefore != notBefore || certificate.validity.notAfter != notAfter {
            names.append("validity")
        }
        return failures + names.map { CheckFailure(.digest, "the \($0) is not the one in the ledger") }
    }
}
