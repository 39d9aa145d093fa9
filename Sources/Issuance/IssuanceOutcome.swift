import CertificateAuthority
package import DeviceIdentity
package import Diagnostics
package import Ledger
import Registry

/// The certificate of an outcome: signed a moment ago, or found in the ledger. What is said of it is what the ledger says,
/// which `ca audit` compares with the certificate.
package struct CertificateSummary: Sendable {
    package let der: [UInt8]
    /// SHA-256 of the DER.
    package let fingerprint: [UInt8]
    package let serial: [UInt8]
    package let subject: String
    /// Seconds since 1970.
    package let notBefore: Int64
    package let notAfter: Int64

    /// - Parameter intent: the one that led to the certificate.
    init(_ intent: IssuanceIntent, der: [UInt8], fingerprint: [UInt8]) {
        self.der = der
        self.fingerprint = fingerprint
        serial = intent.serial
        subject = intent.subject
        notBefore = intent.notBefore
        notAfter = intent.notAfter
    }

    /// A certificate that the ledger kept; `nil` for an intent without one.
    init?(_ record: IssuanceRecord) {
        guard let der = record.certificate, let fingerprint = record.fingerprint else { return nil }
        self.der = der
        self.fingerprint = fingerprint
        serial = record.serial
        subject = record.subject
        notBefore = record.notBefore
        notAfter = record.notAfter
    }
}

/// The certificate that a run would make: what is known of it before it is signed.
package struct PlannedCertificate: Sendable {
    package let subject: String
    /// Seconds since 1970.
    package let notBefore: Int64
    package let notAfter: Int64
    /// Whether an earlier request of the same run gets it, and this one then has it already.
    let isEarlier: Bool
}

/// What became of one request, once it is on disk.
package struct IssuanceOutcome: Sendable {
    package let origin: RequestOrigin
    /// The device that vouched for the key, or that a request without a token has as its common name.
    package internal(set) var deviceUUID: DeviceUUID?
    /// The device of a token that nobody verified: an address at best.
    package internal(set) var claimedDeviceUUID: DeviceUUID?
    /// The device's word for the key.
    package internal(set) var attestation: AttestationEvidence?
    package internal(set) var certificate: CertificateSummary?
    /// Instead of it, in a dry run, the one that would be issued.
    package internal(set) var planned: PlannedCertificate?
    /// Whether the certificate was there before this run.
    var existed = false
    /// SHA-256 of the request, where one could be read.
    package internal(set) var requestSHA256: [UInt8]?
    /// What the request asked for and did not get, and in what an existing certificate differs from what was asked now.
    package internal(set) var notes: [IssuanceNote] = []
    /// Why there is no certificate; a caller that could not hand one out adds its reason.
    package var failures: [CheckFailure] = []
    /// Whether the input could not be read as a request at all.
    package internal(set) var isMalformed = false
    /// Why the source could not be read, where that is what happened.
    package internal(set) var unreadable: ToolError?

    package var status: IssuanceStatus {
        guard failures.isEmpty else { return .rejected }
        if let planned { return planned.isEarlier ? .wouldExist : .wouldIssue }
        guard certificate != nil else { return .rejected }
        return existed ? .existing : .issued
    }

    init(_ origin: RequestOrigin, failures: [CheckFailure] = []) {
        self.origin = origin
        self.failures = failures
    }

    /// A source that could not be read.
    init(_ origin: RequestOrigin, unreadable error: ToolError) {
        self.init(origin, failures: [.init(error.code, error.message)])
        isMalformed = true
        unreadable = error
    }

    /// A request that has its certificate in the ledger.
    init(_ origin: RequestOrigin, existing record: IssuanceRecord) {
        self.origin = origin
        deviceUUID = record.device
        attestation = record.attestation
        requestSHA256 = record.request
        existed = true
        certificate = CertificateSummary(record)
    }

    /// A request that passed and has its certificate in the ledger.
    init(_ candidate: IssuanceCandidate, existing record: IssuanceRecord, under plan: IssuancePlan) {
        self.init(candidate)
        existed = true
        certificate = CertificateSummary(record)
        // What was verified then is on record, whatever came with the request now.
        if record.attestation != nil, let device = record.device {
            deviceUUID = device
            claimedDeviceUUID = nil
        }
        notes += plan.differences(
            from: record, subject: candidate.intent.subject,
            isAttested: candidate.intent.attestation != nil)
    }

    /// A request that passed by itself, and to which the ledger said no.
    init(_ candidate: IssuanceCandidate, rejected failure: CheckFailure) {
        self.init(candidate)
        failures = [failure]
        // A name that is another's says nothing of this request.
        let isOthers = failure.code == .notAttested || failure.code == .nameTaken
        if isOthers, candidate.intent.attestation == nil { deviceUUID = nil }
    }

    /// A request that passed, in a dry run.
    ///
    /// - Parameters:
    ///   - intent: the one that the certificate would come of.
    ///   - flaw: why it would not be signed.
    init(
        _ candidate: IssuanceCandidate, planned intent: IssuanceIntent, isEarlier: Bool,
        flaw: ToolError?
    ) {
        self.init(candidate)
        if let flaw {
            failures = [.init(flaw.code, flaw.message, hint: flaw.hint)]
        } else {
            planned = PlannedCertificate(
                subject: intent.subject, notBefore: intent.notBefore, notAfter: intent.notAfter,
                isEarlier: isEarlier)
        }
    }

    /// A request of which the ledger forgot to speak.
    static func unanswered(_ candidate: IssuanceCandidate) -> IssuanceOutcome {
        var outcome = IssuanceOutcome(candidate)
        outcome.failures = [.init(.internalFault, "the ledger gave no answer")]
        return outcome
    }

    /// A request that passed; its certificate is still to come.
    init(_ candidate: IssuanceCandidate) {
        self.init(candidate.origin, candidate.intent, candidate.remarks)
    }

    /// A request that passed; its certificate is still to come.
    init(_ origin: RequestOrigin, _ intent: IssuanceIntent, _ remarks: IssuanceRemarks?) {
        self.origin = origin
        claimedDeviceUUID = remarks?.claimedDevice
        notes = remarks?.notes ?? []
        if claimedDeviceUUID == nil { deviceUUID = intent.device }
        attestation = intent.attestation
        requestSHA256 = intent.request
    }

    /// A candidate that the caller cannot hand out.
    package init(_ candidate: IssuanceCandidate, refusedBecause failure: CheckFailure) {
        self.init(candidate)
        failures = [failure]
    }
}

/// What a request comes to.
package enum IssuanceStatus: String, Sendable {
    case issued, existing, rejected
    /// Of a dry run: a certificate would be issued.
    case wouldIssue
    /// Of a dry run: the same request is ahead of this one in the run, and would have its certificate by then.
    case wouldExist
}
