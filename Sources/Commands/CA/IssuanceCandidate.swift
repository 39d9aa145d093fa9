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
    let remarks: IssuanceRemarks?
    /// Why the draft would not be signed; known in a dry run alone.
    let flaw: ToolError?

    init(
        location: InputLocation, request: VettedRequest, intent: IssuanceIntent,
        certificate: CertificateDraft,
        remarks: IssuanceRemarks?, flaw: ToolError? = nil
    ) {
        self.location = location
        self.request = request
        self.intent = intent
        self.certificate = certificate
        self.remarks = remarks
        self.flaw = flaw
    }
}

/// A candidate, or the final word on a request that gets no certificate from this run.
enum VettedItem: Sendable {
    // Boxed: the report is large, and nearly all items are the other case.
    indirect case finished(IssuanceReport)
    case candidate(IssuanceCandidate)

    /// Whether it was rejected or could not be read.
    var isTurnedDown: Bool {
        if case .finished(let report) = self { report.status == .rejected } else { false }
    }
}

/// A candidate that may be signed: its intent is on disk.
struct SigningOrder: Sendable {
    let draft: IntentOutcome.Draft
    let candidate: IssuanceCandidate
    /// What the result says beside its certificate.
    let remarks: IssuanceRemarks?
    /// Whether an earlier part of the run signs the same.
    let existed: Bool
}

/// What one signing job made: certificates that are not in the ledger yet, and their results as they will be printed.
struct SignedBlock: Sendable {
    enum Outcome: Sendable {
        /// The next of ``signed``.
        case signed
        indirect case failed(ToolError)
    }

    var outcomes: [Outcome] = []
    var signed: [SignedIntent] = []
    /// The printed results, one behind the other; nothing where results are composed later.
    var text: [UInt8] = []
    /// Where in ``text`` the result of each outcome is.
    var places: [Range<Int>] = []
}

/// Results on their way out.
enum IssuanceEmission {
    indirect case report(IssuanceReport)
    /// As they are to be printed: so many certificates that were issued, and so many that were there before.
    case printed(ArraySlice<UInt8>, issued: Int, existing: Int)
}
