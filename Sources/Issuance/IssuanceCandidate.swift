package import CertificateAuthority
import Attestation
import Diagnostics
import DeviceIdentity
import Ledger
import OpenSSL
import PKIX
import Registry

/// A vetted request with the draft of its certificate. A class, because it passes through many hands.
package final class IssuanceCandidate: Sendable {
    package let origin: RequestOrigin
    package let request: VettedRequest
    let intent: IssuanceIntent
    /// The TBSCertificate to whose digest the intent commits.
    let certificate: CertificateDraft
    let remarks: IssuanceRemarks?
    /// Why the draft would not be signed; known in a dry run alone.
    let flaw: ToolError?

    init(
        origin: RequestOrigin, request: VettedRequest, intent: IssuanceIntent, certificate: CertificateDraft,
        remarks: IssuanceRemarks?, flaw: ToolError? = nil
    ) {
        self.origin = origin
        self.request = request
        self.intent = intent
        self.certificate = certificate
        self.remarks = remarks
        self.flaw = flaw
    }
}

/// A candidate, or the final word on a request that gets no certificate from this run.
package enum VettedItem: Sendable {
    // Boxed: the outcome is large, and nearly all items are the other case.
    indirect case finished(IssuanceOutcome)
    case candidate(IssuanceCandidate)

    /// Whether it was rejected or could not be read.
    var isTurnedDown: Bool {
        if case .finished(let outcome) = self { outcome.status == .rejected } else { false }
    }
}

extension IssuanceIntent {
    /// What is about to be signed for a request.
    convenience init(
        _ request: VettedRequest, under plan: IssuancePlan, of authority: [UInt8],
        serial: CertificateSerial, _ draft: CertificateDraft
    ) {
        self.init(
            authority: authority, profile: plan.profile.name, request: request.requestSHA256,
            serial: serial.magnitude, keyID: Digest.sha256(request.publicKey.der),
            device: request.namedDeviceUUID, subject: request.subject.description,
            notBefore: plan.validity.notBefore, notAfter: plan.validity.notAfter, tbsDigest: draft.sha256,
            attestation: request.attestation.map {
                AttestationEvidence(profile: $0.profile, keyID: $0.key.publicKey.kid)
            }, isNameProven: request.isNameProven, objection: request.objection ?? plan.objection)
    }
}
