public import Diagnostics
public import PKIX

/// Everything that the certificates of one run share: made once, used by all workers.
public struct IssuancePlan: Sendable {
    public let issuer: Issuer
    public let profile: CertificateProfile
    /// The validity of every certificate of the run.
    public let validity: ValidityPeriod
    let template: CertificateTemplate
    let lint: CertificateLint

    /// - Parameter now: seconds since 1970.
    /// - Throws: ``ToolError`` with code `validity` when the profile's days reach beyond the CA's own end: a
    ///   shorter certificate than asked for would surprise whoever planned with it, so nothing is cut.
    public init(issuer: Issuer, profile: CertificateProfile, at now: Int64) throws(ToolError) {
        self.issuer = issuer
        self.profile = profile
        validity = try Self.validity(
            days: profile.validityDays, backdate: profile.backdate, within: issuer.certificate.validity,
            at: now)
        let identifier = issuer.keyIdentifier
        guard
            let template = CertificateTemplate(
                issuer: issuer.certificate.subject, algorithm: issuer.algorithm,
                extensions: profile.extensions,
                issuerKeyIdentifier: identifier),
            let algorithm = SignatureAlgorithmIdentifier.der(issuer.algorithm)
        else { throw ToolError(.issuerInvalid, "the CA's key makes no signature for certificates") }
        self.template = template
        lint = CertificateLint(
            algorithm: algorithm, issuer: issuer.certificate.subject, validity: validity,
            extensions: profile.extensions, issuerKeyIdentifier: identifier)
    }

    /// From `backdate` seconds ago, but not before the CA, for `days`; refused when that is beyond the CA's
    /// end.
    static func validity(
        days: Int, backdate: Int64, within issuer: ValidityPeriod, at now: Int64
    ) throws(ToolError) -> ValidityPeriod {
        guard (1...CertificateProfile.maximumDays).contains(days) else {
            throw ToolError(.validity, "expected 1…\(CertificateProfile.maximumDays) days, found \(days)")
        }
        let start = max(now - backdate, issuer.notBefore)
        guard let period = ValidityPeriod(notBefore: start, notAfter: start + Int64(days) * 86_400) else {
            throw ToolError(.validity, "expected an end of validity before the year 10000")
        }
        guard period.notAfter <= issuer.notAfter else {
            let possible = max((issuer.notAfter - start) / 86_400, 0)
            throw ToolError(
                .validity, "\(days) days reach beyond the end of the CA's own certificate",
                hint: possible > 0
                    ? "give --days \(possible) or fewer, or renew the CA" : "renew the CA")
        }
        return period
    }
}
