import CertificateAuthority
import Diagnostics
import Store

/// A vetted request with the draft of its certificate. A class, because it passes through many hands.
final class IssuanceCandidate: Sendable {
    let location: InputLocation
    let request: VettedRequest
    let intent: IssuanceIntent
    /// The TBSCertificate to whose digest the intent commits.
    let certificate: CertificateDraft

    init(
        location: InputLocation, request: VettedRequest, intent: IssuanceIntent, certificate: CertificateDraft
    ) {
        self.location = location
        self.request = request
        self.intent = intent
        self.certificate = certificate
    }
}

/// A candidate, or the final word on a request that gets no certificate from this run.
enum VettedItem: Sendable {
    // Boxed: the report is large, and nearly all items are the other case.
    indirect case finished(IssuanceReport)
    case candidate(IssuanceCandidate)
}

/// A candidate that may be signed: its intent is on disk.
struct SigningOrder: Sendable {
    let draft: IntentOutcome.Draft
    let candidate: IssuanceCandidate
}

/// A certificate that is not in the ledger yet.
final class SignedCandidate: Sendable {
    let entry: SignedIntent
    let intent: IssuanceIntent

    init(entry: SignedIntent, intent: IssuanceIntent) {
        self.entry = entry
        self.intent = intent
    }
}
