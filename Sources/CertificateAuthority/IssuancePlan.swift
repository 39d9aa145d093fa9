public import Diagnostics
public import PKIX

/// Everything that the certificates of one run share: made once, used by all workers.
public final class IssuancePlan: Sendable {
    public let issuer: Issuer
    public let profile: CertificateProfile
    /// The validity of every certificate of the run.
    public let validity: ValidityPeriod
    /// Why nothing new is signed in this run, `validity`: the profile's days reach beyond the CA's own end and are not to be
    /// cut. Requests that have their certificates get them all the same.
    public let objection: CheckFailure?
    let form: CertificateForm
    /// Whether the certificates end earlier than the profile says, with the CA.
    public var isCut: Bool {
        guard objection == nil, validity.notAfter == issuer.certificate.validity.notAfter else {
            return false
        }
        guard case .days(let days) = profile.validity.lifetime else {
            return validity.notAfter < DERTime.latest
        }
        return validity.notAfter - validity.notBefore < Int64(days) * 86_400
    }

    /// - Parameter now: seconds since 1970.
    /// - Throws: ``ToolError`` with code `validity` for days that cannot be, `profile` when the profile makes CAs or does
    ///   not go with the CA's key.
    public init(issuer: Issuer, profile: CertificateProfile, at now: Int64) throws(ToolError) {
        // A CA among devices by a slip of a script would be worse than the step that this costs.
        guard !profile.extensionRule.isAuthority else {
            throw ToolError(
                .profile, "profile \(profile.name) makes CAs, which are not issued from requests",
                hint: .makeIntermediate)
        }
        self.issuer = issuer
        self.profile = profile
        (validity, objection) = try Self.period(
            profile.validity, within: issuer.certificate.validity, at: now)
        form = try CertificateForm(profile: profile, issuer: issuer.certificate)
    }

    /// From the rule's backdate ago, but not before the CA, for its lifetime; where that is beyond the CA's end,
    /// refused or cut by the rule.
    static func validity(
        _ rule: ValidityRule, within issuer: ValidityPeriod, at now: Int64
    ) throws(ToolError) -> ValidityPeriod {
        let (period, objection) = try period(rule, within: issuer, at: now)
        guard let objection else { return period }
        throw ToolError(objection.code, objection.message, hint: objection.hint)
    }

    /// The same; where it is refused, why, with a period that nothing is signed for.
    private static func period(
        _ rule: ValidityRule, within issuer: ValidityPeriod, at now: Int64
    ) throws(ToolError) -> (period: ValidityPeriod, objection: CheckFailure?) {
        let start = max(now - rule.backdate, issuer.notBefore)
        let end: Int64
        switch rule.lifetime {
        case .days(let days):
            guard (1...Lifetime.maximumDays).contains(days) else {
                throw ToolError(.validity, "expected 1…\(Lifetime.maximumDays) days, found \(days)")
            }
            end = start + Int64(days) * 86_400
        case .never: end = DERTime.latest
        }
        guard let period = ValidityPeriod(notBefore: start, notAfter: end) else {
            throw ToolError(.validity, "expected an end of validity before the year 10000")
        }
        if period.notAfter <= issuer.notAfter { return (period, nil) }
        let clamped = ValidityPeriod(notBefore: start, notAfter: issuer.notAfter)
        if rule.beyondIssuer == .clamp, let clamped { return (clamped, nil) }
        let asked =
            if case .days = rule.lifetime { "\(rule.lifetime) reach" } else {
                "a certificate without end reaches"
            }
        let possible = max((issuer.notAfter - start) / 86_400, 0)
        let objection = CheckFailure(
            .validity, "\(asked) beyond the end of the CA's own certificate",
            hint: possible > 0 ? .issueFor(days: possible) : "renew the CA")
        return (clamped ?? issuer, objection)
    }
}
