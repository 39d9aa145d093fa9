// Module CertificateAuthority: who may get a certificate, and what stands in it. Pure rules: no files, no
// clock, no random numbers; time and serial numbers come from the caller.
//
// CertificationRequest ─ RequestVetter ─► VettedRequest ─┐
// Issuer + CertificateProfile ─► IssuancePlan ───────────┴─ CertificateDrafter ─► PreparedCertificate
// PreparedCertificate ─ IssuingWorker ─► IssuedCertificate
//
// Each of these types can be made by the step before it only. Profiles come from a file (ProfileSet) or are built in.

import DeviceIdentity
public import Diagnostics
public import PKIX

/// What certificates of one purpose look like. Everything in a certificate but the key, the name and the alternative
/// names that it allows is the profile's; nothing else of a request is copied. ``ProfileSet`` reads profiles, and only it makes new ones.
public struct CertificateProfile: Sendable, Equatable {
    /// What `--profile` calls it: lower-case letters, digits and hyphens, at most 64.
    public let name: String
    /// For people.
    public let summary: String?
    /// Other keys are rejected with `csr-key`.
    public let keys: KeyRule
    public let signatureHash: SignatureHash
    public private(set) var subject: SubjectPolicy
    public private(set) var validity: ValidityRule
    public let extensionRule: ExtensionRule
    /// Which alternative names are copied from a request; nil for none.
    public let alternativeNames: AlternativeNameRule?
    public let attestation: AttestationRule
    public let simulatedDevices: SimulatedDeviceRule
    /// The most octets that a certificate may have as PEM, line feeds and all, for modems with a limit on a line.
    public let maximumPEMLength: Int

    /// What a ledger calls certificates of CAs, with the name of the profile after it. No profile has such a name, so that
    /// nothing that is issued for a request is ever taken for a CA.
    public static let authorityMark = "ca:"
    /// What a ledger calls the certificates of this profile.
    public var nameInLedger: String { extensionRule.isAuthority ? Self.authorityMark + name : name }

    /// The length that a modem takes in one AT command.
    public static let modemLimit = 2048
    /// The longest validity in days.
    public static let maximumDays = Lifetime.maximumDays

    init(
        name: String, summary: String? = nil, keys: KeyRule, signatureHash: SignatureHash = .auto,
        subject: SubjectPolicy, validity: ValidityRule, extensionRule: ExtensionRule,
        alternativeNames: AlternativeNameRule? = nil, attestation: AttestationRule = .optional,
        simulatedDevices: SimulatedDeviceRule = .accept,
        maximumPEMLength: Int = modemLimit
    ) {
        self.name = name
        self.summary = summary
        self.keys = keys
        self.signatureHash = signatureHash
        self.subject = subject
        self.validity = validity
        self.extensionRule = extensionRule
        self.alternativeNames = alternativeNames
        self.attestation = attestation
        self.simulatedDevices = simulatedDevices
        self.maximumPEMLength = maximumPEMLength
    }

    /// The same profile with another of the subject rules that it allows.
    ///
    /// - Throws: ``ToolError`` with code `profile`.
    public func choosing(_ rule: SubjectRule) throws(ToolError) -> CertificateProfile {
        guard let subject = subject.choosing(rule) else {
            let allowed = subject.allowed.map(\.rawValue).joined(separator: ", ")
            throw ToolError(
                .profile, "profile \(name) takes subjects by the rule \(allowed), found \(rule.rawValue)",
                hint: "profiles.json in the CA's folder says which rules a profile allows")
        }
        var copy = self
        copy.subject = subject
        return copy
    }

    /// The same profile with a lifetime within what it allows. Who says one gets it or nothing, whatever the profile
    /// does beyond the CA's end.
    ///
    /// - Throws: ``ToolError`` with code `profile`.
    public func lasting(_ lifetime: Lifetime) throws(ToolError) -> CertificateProfile {
        guard lifetime.fits(in: validity.maximum) else {
            throw ToolError(
                .profile, "profile \(name) allows at most \(validity.maximum), found \(lifetime)",
                hint: "maximumDays in profiles.json of the CA's folder is the bound")
        }
        var copy = self
        copy.validity.lifetime = lifetime
        copy.validity.beyondIssuer = .refuse
        return copy
    }

    /// The same profile, whose certificates end with the CA at the latest.
    var endingWithIssuer: CertificateProfile {
        var copy = self
        copy.validity.beyondIssuer = .clamp
        return copy
    }

    /// The path length that a CA of this profile gets.
    ///
    /// - Parameter asked: what the caller says; nil for the profile's own.
    /// - Throws: ``ToolError`` with code `profile` when it is more than the profile allows.
    public func pathLength(asked: UInt8?) throws(ToolError) -> UInt8? {
        guard case .authority(let own, let maximum) = extensionRule.constraints else {
            throw ToolError(.profile, "profile \(name) makes no CAs")
        }
        guard let asked else { return own }
        if let maximum, asked > maximum {
            throw ToolError(
                .profile, "profile \(name) allows a path length of at most \(maximum), found \(asked)",
                hint: "maximumPathLength in profiles.json of the issuer's folder is the bound")
        }
        return asked
    }

    /// The extensions before the key identifiers that every certificate gets; those of a CA with its own path
    /// length.
    public var extensions: [CertificateExtension] {
        guard case .authority(let own, _) = extensionRule.constraints else {
            return extensionRule.fixed(pathLength: nil)
        }
        return extensionRule.fixed(pathLength: own)
    }

    /// The alternative name of a device's certificate: `urn:uuid:` and the UUID, 45 octets.
    static func uri(of device: DeviceUUID) -> [UInt8] { Array("urn:uuid:\(device)".utf8) }

    /// Octets of ``uri(of:)``.
    static let uriLength = 45
}
