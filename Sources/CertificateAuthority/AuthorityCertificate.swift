public import Diagnostics
public import Keys
public import OpenSSL
public import PKIX

/// What the certificate of a new CA says.
public struct AuthorityRequest: Sendable {
    public let subject: DistinguishedName
    public let lifetime: Lifetime
    /// How many CAs may stand below it one under the other; `nil` for no bound.
    public let pathLength: UInt8?
    public let serial: CertificateSerial

    public init(
        subject: DistinguishedName, lifetime: Lifetime, pathLength: UInt8?, serial: CertificateSerial
    ) {
        self.subject = subject
        self.lifetime = lifetime
        self.pathLength = pathLength
        self.serial = serial
    }
}

/// The certificate of a CA under another one before it is signed: checked, and made by ``AuthorityCertificate`` alone.
public struct AuthorityDraft: Sendable {
    public let serial: CertificateSerial
    public let subject: DistinguishedName
    public let validity: ValidityPeriod
    fileprivate let tbs: [UInt8]
    fileprivate let template: CertificateTemplate
    fileprivate let key: any SigningKey

    /// SHA-256 of the TBSCertificate.
    public var sha256: [UInt8] { Digest.sha256(tbs) }

    /// The certificate. DER.
    ///
    /// - Throws: ``ToolError`` with `internal`, or with `io` when the key is kept elsewhere and cannot be reached.
    public func signed() throws(ToolError) -> [UInt8] {
        try AuthorityCertificate.sign(tbs, template, by: key)
    }
}

/// Certificates of CAs.
public enum AuthorityCertificate {
    private static let backdate: Int64 = 300

    /// A self-signed root.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Returns: DER.
    /// - Throws: ``ToolError`` with `csr-subject`, `validity`, `lint` or `internal`.
    public static func root(
        _ request: AuthorityRequest, key: any SigningKey, at now: Int64
    ) throws(ToolError) -> [UInt8] {
        guard let lifetime = ValidityPeriod(notBefore: now - backdate, notAfter: DERTime.latest) else {
            throw ToolError(.validity, "the clock of this machine is out of range")
        }
        let rule = ValidityRule(request.lifetime, backdate: backdate)
        let validity = try IssuancePlan.validity(rule, within: lifetime, at: now)
        let extensions = CertificateTemplate.authorityExtensions(pathLength: request.pathLength)
        guard let algorithm = SigningScheme.algorithm(for: key.publicKey.kind),
            let identifier = SignatureAlgorithmIdentifier.der(algorithm),
            let template = CertificateTemplate(
                issuer: request.subject, algorithm: algorithm, extensions: extensions,
                issuerKeyIdentifier: nil)
        else { throw ToolError(.internalFault, "the key makes no signature for certificates") }
        let lint = CertificateLint(
            algorithm: identifier, issuer: request.subject, issuerValidity: validity, extensions: extensions,
            issuerKeyIdentifier: nil)
        let subject = try Self.subject(request, key.publicKey)
        let tbs = template.makeTBS(
            serial: request.serial, subject: subject.name, key: subject.key, validity: validity)
        try check(lint.finding(in: tbs, serial: request.serial, validity: validity, subject: subject))
        return try sign(tbs, template, by: key)
    }

    /// A CA under `issuer`, signed.
    ///
    /// - Returns: DER.
    /// - Throws: ``ToolError`` as ``draft(_:publicKey:issuer:profile:at:)``.
    public static func intermediate(
        _ request: AuthorityRequest, publicKey: PublicKey, issuer: Issuer,
        profile: CertificateProfile = .intermediate, at now: Int64
    ) throws(ToolError) -> [UInt8] {
        try draft(request, publicKey: publicKey, issuer: issuer, profile: profile, at: now).signed()
    }

    /// A CA under `issuer`, to be signed when the issuer's ledger knows of it.
    ///
    /// - Parameter profile: one that makes CAs; it bounds lifetime, path length and keys.
    /// - Throws: ``ToolError`` with `issuer-invalid` when the issuer's path length leaves no room, `validity`
    ///   when it would outlive the issuer, `profile` and `csr-key` for what the profile does not allow, else as
    ///   ``root(_:key:at:)``.
    public static func draft(
        _ request: AuthorityRequest, publicKey: PublicKey, issuer: Issuer,
        profile: CertificateProfile = .intermediate, at now: Int64
    ) throws(ToolError) -> AuthorityDraft {
        if let remaining = issuer.remainingPathLength {
            guard remaining > 0 else {
                throw ToolError(
                    .issuerInvalid, "the issuer's path length leaves no room for a CA below it",
                    hint: "issue device certificates under it, or make a CA under another one")
            }
            guard let length = request.pathLength, Int(length) < remaining else {
                throw ToolError(
                    .issuerInvalid,
                    "expected a path length below the issuer's \(remaining), found "
                        + (request.pathLength.map { "\($0)" } ?? "none"))
            }
        }
        guard !AuthorityName(issuer.certificate.subject).isName(of: request.subject) else {
            throw ToolError(.csrSubject, "the subject is the issuer's own name")
        }
        if let reason = profile.keys.objection(to: publicKey.kind, profile: profile.name) {
            throw ToolError(.csrKey, reason)
        }
        if let reason = profile.subject.attributes?.objection(to: request.subject) {
            throw ToolError(.csrSubject, reason)
        }
        // Who asks for nothing else gets what the profile does at the CA's end.
        let profile =
            request.lifetime == profile.validity.lifetime ? profile : try profile.lasting(request.lifetime)
        let validity = try IssuancePlan.validity(
            profile.validity, within: issuer.certificate.validity, at: now)
        let length = request.pathLength == nil ? nil : try profile.pathLength(asked: request.pathLength)
        let form = try CertificateForm(
            profile: profile, issuer: issuer.certificate,
            extensions: profile.extensionRule.fixed(pathLength: length))
        let subject = try Self.subject(request, publicKey)
        let tbs = form.makeTBS(serial: request.serial, validity: validity, subject: subject)
        try check(form.finding(in: tbs, serial: request.serial, validity: validity, subject: subject))
        return AuthorityDraft(
            serial: request.serial, subject: request.subject, validity: validity, tbs: tbs,
            template: form.template, key: issuer.key)
    }

    private static func subject(
        _ request: AuthorityRequest, _ key: PublicKey
    ) throws(ToolError) -> CertificateLint.Subject {
        guard !request.subject.isEmpty else {
            throw ToolError(.csrSubject, "expected a subject, found an empty one")
        }
        if let reason = request.subject.unfitness { throw ToolError(.csrSubject, reason) }
        guard let info = try? SubjectPublicKeyInfo(der: key.spki) else {
            throw ToolError(.internalFault, "the new key cannot be read back")
        }
        return .init(name: request.subject, publicKey: info)
    }

    private static func check(_ finding: String?) throws(ToolError) {
        if let finding { throw ToolError(.lint, "a certificate was not signed: \(finding)") }
    }

    fileprivate static func sign(
        _ tbs: [UInt8], _ template: CertificateTemplate, by key: any SigningKey
    ) throws(ToolError) -> [UInt8] {
        template.assemble(tbs, signature: try key.sign(tbs, template.algorithm))
    }
}
