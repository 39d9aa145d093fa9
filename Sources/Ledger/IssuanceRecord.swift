public import Attestation
public import DeviceIdentity
public import Diagnostics
import OpenSSL

/// A device's word for the key that is certified.
public struct AttestationEvidence: Sendable, Equatable {
    public let profile: SigningProfile
    /// SHA-256 of the identity key's SubjectPublicKeyInfo, 32 bytes.
    public let keyID: [UInt8]

    public init(profile: SigningProfile, keyID: [UInt8]) {
        self.profile = profile
        self.keyID = keyID
    }
}

/// A certificate that is about to be signed, as the ledger keeps it. A class, because it passes through many hands.
public final class IssuanceIntent: Sendable {
    /// The CA: SHA-256 of its name and key, 32 bytes.
    public let authority: [UInt8]
    public let profile: String
    /// SHA-256 of the request, 32 bytes.
    public let request: [UInt8]
    /// The serial's octets, at most 20, never used before.
    public let serial: [UInt8]
    /// SHA-256 of the certified key's SubjectPublicKeyInfo, 32 bytes.
    public let keyID: [UInt8]
    public let device: DeviceUUID?
    public let subject: String
    /// Seconds since 1970.
    public let notBefore: Int64
    public let notAfter: Int64
    /// SHA-256 of the TBSCertificate: of what will be signed, if anything. 32 bytes.
    public let tbsDigest: [UInt8]
    /// With it, ``device`` is the one that vouched; without it, one that the subject names.
    public let attestation: AttestationEvidence?
    /// Whether the subject holds the UUID or the registered IMEI of the device that vouched.
    public let isNameProven: Bool
    /// Why the request gets nothing but what it has already; `nil` where it may get a certificate.
    public let objection: CheckFailure?
    /// By what others could have the same name: found before the ledger's lock is taken.
    package let names: SubjectKeys

    public init(
        authority: [UInt8], profile: String, request: [UInt8], serial: [UInt8], keyID: [UInt8],
        device: DeviceUUID?, subject: String, notBefore: Int64, notAfter: Int64, tbsDigest: [UInt8],
        attestation: AttestationEvidence?, isNameProven: Bool = false, objection: CheckFailure? = nil
    ) {
        self.authority = authority
        self.profile = profile
        self.request = request
        self.serial = serial
        self.keyID = keyID
        self.device = device
        self.subject = subject
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.tbsDigest = tbsDigest
        self.attestation = attestation
        self.isNameProven = isNameProven
        self.objection = objection
        names = SubjectKeys(subject)
    }

    /// The intent of a row that has no certificate yet.
    package convenience init(unfinished row: IssuanceRecord) {
        self.init(
            authority: row.authority, profile: row.profile, request: row.request, serial: row.serial,
            keyID: row.keyID, device: row.device, subject: row.subject, notBefore: row.notBefore,
            notAfter: row.notAfter, tbsDigest: row.tbsDigest, attestation: row.attestation)
    }
}

/// What the ledger has in place of a certificate that was to be entered.
public enum TakenEntry: Sendable, Equatable {
    /// The one of another process, which was first. DER.
    case certificate([UInt8])
    /// Nothing, and none will be: its key was revoked as compromised after the intent was noted.
    case refused(CheckFailure)
}

/// What the ledger says to an intent.
public enum IntentOutcome: Sendable {
    /// The intent is on disk: sign the octets that it names, then record the certificate under its number.
    case sign(Draft)
    /// The request has its certificate already.
    case existing(IssuanceRecord)
    /// Another intent for the same request is ahead in this very batch: its certificate will be this one's.
    case sameAs(id: Int64)
    case rejected(CheckFailure)

    /// What is to be signed.
    public struct Draft: Sendable {
        /// The row of the ledger.
        public let id: Int64
        public let intent: IssuanceIntent
        /// Whether it is the caller's own intent. Otherwise it is an earlier one for the same request that was never
        /// completed: its octets are to be made again, from its serial number and validity.
        public let isOwn: Bool
        /// When the intent was noted, seconds since 1970.
        let intendedAt: Int64

        /// Only a ledger orders a signature.
        package init(id: Int64, intent: IssuanceIntent, isOwn: Bool, intendedAt: Int64) {
            self.id = id
            self.intent = intent
            self.isOwn = isOwn
            self.intendedAt = intendedAt
        }
    }
}

/// A row of the ledger.
public struct IssuanceRecord: Sendable, Equatable {
    public enum Status: String, Sendable, CaseIterable {
        /// An intent without a certificate: a run ended in between.
        case intended
        case valid
        case expired
        case revoked
    }

    public let id: Int64
    public let authority: [UInt8]
    public let profile: String
    public let request: [UInt8]
    public let serial: [UInt8]
    public let keyID: [UInt8]
    public let device: DeviceUUID?
    public let subject: String
    public let notBefore: Int64
    public let notAfter: Int64
    public let tbsDigest: [UInt8]
    public let attestation: AttestationEvidence?
    public let intendedAt: Int64
    public let issuedAt: Int64?
    /// DER.
    public let certificate: [UInt8]?
    /// The row that this one was issued in place of (`--reissue`).
    public let replaces: Int64?
    /// Whether it is the one that the same request gets again.
    public let isCurrent: Bool
    public let revokedAt: Int64?
    /// RFC 5280 §5.3.1.
    public let reason: Int64?

    package init(
        id: Int64, authority: [UInt8], profile: String, request: [UInt8], serial: [UInt8], keyID: [UInt8],
        device: DeviceUUID?, subject: String, notBefore: Int64, notAfter: Int64, tbsDigest: [UInt8],
        attestation: AttestationEvidence?, intendedAt: Int64, issuedAt: Int64?, certificate: [UInt8]?,
        replaces: Int64?, isCurrent: Bool, revokedAt: Int64?, reason: Int64?
    ) {
        self.id = id
        self.authority = authority
        self.profile = profile
        self.request = request
        self.serial = serial
        self.keyID = keyID
        self.device = device
        self.subject = subject
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.tbsDigest = tbsDigest
        self.attestation = attestation
        self.intendedAt = intendedAt
        self.issuedAt = issuedAt
        self.certificate = certificate
        self.replaces = replaces
        self.isCurrent = isCurrent
        self.revokedAt = revokedAt
        self.reason = reason
    }

    /// SHA-256 of the certificate, 32 bytes.
    public var fingerprint: [UInt8]? { certificate.map(Digest.sha256) }

    public func status(at now: Int64) -> Status {
        if certificate == nil { return .intended }
        if revokedAt != nil { return .revoked }
        return now > notAfter ? .expired : .valid
    }
}

/// A certificate to be entered.
public struct SignedIntent: Sendable {
    public let id: Int64
    /// The intent that led to it.
    public let intent: IssuanceIntent
    /// What is entered for it and for others that were signed by the same job.
    package let octets: [UInt8]
    /// Where in ``octets`` the certificate is.
    package let place: Range<Int>
    /// Where in ``octets`` is what the audit chain will say.
    package let body: Range<Int>

    /// DER.
    public var certificate: [UInt8] { Array(octets[place]) }
}

/// Gathers what a job signed, so that few objects go from thread to thread; and composes what the audit chain will say
/// of it where there is time for that: all writing waits for the ledger's lock.
public struct SignedIntents {
    private var octets: [UInt8] = []
    private var entries: [(draft: IntentOutcome.Draft, place: Range<Int>, body: Range<Int>)] = []

    /// - Parameter count: about how many there will be.
    public init(reservingCapacity count: Int = 1) {
        entries.reserveCapacity(count)
        octets.reserveCapacity(count * 768)
    }

    /// - Parameters:
    ///   - draft: the order that led to the certificate.
    ///   - certificate: DER.
    ///   - fingerprint: SHA-256 of the certificate, 32 bytes.
    public mutating func add(_ draft: IntentOutcome.Draft, certificate: [UInt8], fingerprint: [UInt8]) {
        let start = octets.count
        octets += certificate
        let end = octets.count
        AuditEvent.Issue(draft, fingerprint: fingerprint).append(to: &octets)
        entries.append((draft, start..<end, end..<octets.count))
    }

    /// What was added, in that order.
    public var all: [SignedIntent] {
        entries.map {
            SignedIntent(
                id: $0.draft.id, intent: $0.draft.intent, octets: octets, place: $0.place, body: $0.body)
        }
    }
}

/// One certificate for each request, provably.
public protocol IssuanceLedger: AnyObject {
    /// Enters certificates and notes intents, all in one transaction: when it returns they are on disk.
    ///
    /// - Parameter reissue: whether a request that has its certificate gets a new one, linked to the old; once in the
    ///   life of the instance, however often the request comes.
    /// - Returns: what stands in the ledger for those of the certificates, by their place, that were not entered; for each
    ///   intent what to do.
    func exchange(
        _ signed: [SignedIntent], _ intents: [IssuanceIntent], reissue: Bool, at time: Int64
    ) throws(ToolError) -> (taken: [Int: TakenEntry], outcomes: [IntentOutcome])
    /// Does in idle time what would be done at the end otherwise.
    func settle()
    /// Why a CA must not issue any more: its own certificate, or its key, was revoked in this ledger.
    ///
    /// - Parameters:
    ///   - certificate: DER.
    ///   - keyID: SHA-256 of its SubjectPublicKeyInfo.
    func refusal(ofAuthority certificate: [UInt8], keyID: [UInt8]) throws(ToolError) -> CheckFailure?
}

extension IssuanceLedger {
    /// A ledger that knows no CAs has nothing against any.
    public func refusal(ofAuthority certificate: [UInt8], keyID: [UInt8]) throws(ToolError) -> CheckFailure? {
        nil
    }
}

/// Looks up certificates beside the one who issues.
public protocol CertificateRegister: AnyObject {
    /// Runs `body`, in which all looking up sees one state of the ledger.
    func reading<Value>(_ body: () throws(ToolError) -> Value) throws(ToolError) -> Value
    /// The certificate that a request has under a CA and profile, if it stands: not revoked, not replaced, and its key
    /// nowhere revoked as compromised.
    func standing(
        authority: [UInt8], profile: String, request: [UInt8], keyID: [UInt8]
    ) throws(ToolError) -> IssuanceRecord?
}
