public import Diagnostics
public import OpenSSL
public import PKIX

/// What the certificate of a new CA says.
public struct AuthorityRequest: Sendable {
    public let subject: DistinguishedName
    /// Days from notBefore to notAfter.
    public let days: Int
    /// How many CAs may stand below it one under the other; `nil` for no bound.
    public let pathLength: UInt8?
    public let serial: CertificateSerial

    public init(subject: DistinguishedName, days: Int, pathLength: UInt8?, serial: CertificateSerial) {
        self.subject = subject
        self.days = days
        self.pathLength = pathLength
        self.serial = serial
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
        let validity = try IssuancePlan.validity(
            days: request.days, backdate: backdate, within: lifetime, at: now)
        return try make(request, publicKey: key.publicKey, validity: validity, issuer: nil, signedBy: key)
    }

    /// A CA under `issuer`.
    ///
    /// - Returns: DER.
    /// - Throws: ``ToolError`` with `issuer-invalid` when the issuer's path length leaves no room, `validity`
    ///   when it would outlive the issuer, else as ``root(_:key:at:)``.
    public static func intermediate(
        _ request: AuthorityRequest, publicKey: PublicKey, issuer: Issuer, at now: Int64
    ) throws(ToolError) -> [UInt8] {
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
        guard request.subject != issuer.certificate.subject else {
            throw ToolError(.csrSubject, "the subject is the issuer's own name")
        }
        let validity = try IssuancePlan.validity(
            days: request.days, backdate: backdate, within: issuer.certificate.validity, at: now)
        return try make(
            request, publicKey: publicKey, validity: validity, issuer: issuer, signedBy: issuer.key)
    }

    private static func make(
        _ request: AuthorityRequest, publicKey: PublicKey, validity: ValidityPeriod, issuer: Issuer?,
        signedBy key: any SigningKey
    ) throws(ToolError) -> [UInt8] {
        guard !request.subject.isEmpty else {
            throw ToolError(.csrSubject, "expected a subject, found an empty one")
        }
        if let reason = request.subject.unfitness { throw ToolError(.csrSubject, reason) }
        let extensions = CertificateTemplate.authorityExtensions(pathLength: request.pathLength)
        let name = issuer?.certificate.subject ?? request.subject
        guard let algorithm = SigningScheme.algorithm(for: key.publicKey.kind),
            let identifier = SignatureAlgorithmIdentifier.der(algorithm),
            let template = CertificateTemplate(
                issuer: name, algorithm: algorithm, extensions: extensions,
                issuerKeyIdentifier: issuer?.keyIdentifier),
            let info = try? SubjectPublicKeyInfo(der: publicKey.spki)
        else { throw ToolError(.internalFault, "the key makes no signature for certificates") }
        let tbs = template.makeTBS(
            serial: request.serial, subject: request.subject, publicKey: info, validity: validity)
        let lint = CertificateLint(
            algorithm: identifier, issuer: name, issuerValidity: issuer?.certificate.validity ?? validity,
            extensions: extensions, issuerKeyIdentifier: issuer?.keyIdentifier)
        if let finding = lint.finding(
            in: tbs, serial: request.serial, validity: validity, subject: request.subject, publicKey: info)
        {
            throw ToolError(.lint, "a certificate was not signed: \(finding)")
        }
        return template.assemble(tbs, signature: try key.sign(tbs, algorithm))
    }
}
