// Module CertificateAuthority: who may get a certificate, and what stands in it. Pure rules: no files, no
// clock, no random numbers; time and serial numbers come from the caller.
//
// CertificationRequest ─ RequestVetter ─► VettedRequest ─┐
// Issuer + CertificateProfile ─► IssuancePlan ───────────┴─ IssuingWorker ─► IssuedCertificate
//
// Each of these types can be made by the step before it only.

public import OpenSSL
public import PKIX

/// Which kinds of key a profile certifies.
public enum KeyType: String, Sendable, Hashable, CaseIterable {
    case p256, p384, p521, ed25519, rsa

    /// The type of a key, `nil` for kinds that are never certified.
    public init?(_ kind: PublicKey.Kind) {
        switch kind {
        case .p256: self = .p256
        case .p384: self = .p384
        case .p521: self = .p521
        case .ed25519: self = .ed25519
        case .rsa: self = .rsa
        case .otherCurve, .other: return nil
        }
    }
}

/// Where the subject of a certificate comes from.
public enum SubjectRule: String, Sendable, CaseIterable {
    /// The name that the request asks for.
    case csr
    /// `CN=<device UUID>`: the UUID of the attested token, or a common name that is one.
    case uuid
    /// `CN=nrf-<IMEI>`: the IMEI given with the request, or a common name of that form.
    case imei
}

/// What certificates of one purpose look like. Everything in a certificate but the key and the name is the
/// profile's; nothing else of a request is copied.
public struct CertificateProfile: Sendable {
    /// What `--profile` calls it.
    public let name: String
    /// Keys of other types are rejected with `csr-key`.
    public let keyTypes: Set<KeyType>
    public var subjectRule: SubjectRule
    /// Days from notBefore to notAfter, 1…36,500.
    public var validityDays: Int
    /// Seconds by which notBefore precedes the time of issue, for devices whose clocks are slow.
    public let backdate: Int64
    /// The extensions before the key identifiers, which every certificate gets.
    public let extensions: [CertificateExtension]

    /// The longest validity in days.
    public static let maximumDays = 36_500

    /// For a device as TLS client: P-256, which is all that modems make, 10 years, not a CA, client
    /// authentication.
    public static let device = CertificateProfile(
        name: "device", keyTypes: [.p256], subjectRule: .csr, validityDays: 3650, backdate: 300,
        extensions: CertificateTemplate.deviceExtensions)

    /// All profiles by name.
    public static let builtIn: [String: CertificateProfile] = ["device": device]
}
