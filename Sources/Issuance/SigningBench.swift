import CertificateAuthority
import Diagnostics
import Ledger
import OpenSSL
import PKIX

/// A candidate that may be signed: its intent is on disk.
struct SigningOrder: Sendable {
    let draft: IntentOutcome.Draft
    let candidate: IssuanceCandidate
    /// What the outcome says beside its certificate.
    let remarks: IssuanceRemarks?
    /// Whether an earlier part of the run signs the same.
    let existed: Bool

    /// - Parameter plan: what an intent of an earlier run is held against.
    init(
        _ draft: IntentOutcome.Draft, _ candidate: IssuanceCandidate, existed: Bool = false,
        under plan: IssuancePlan
    ) {
        let differences = draft.isOwn ? [] : plan.differences(from: draft.intent, candidate.intent)
        self.draft = draft
        self.candidate = candidate
        remarks = IssuanceRemarks.adding(differences, to: candidate.remarks)
        self.existed = existed
    }
}

/// What came of a block of orders: certificates that are not in the ledger yet.
struct SignedBlock: Sendable {
    enum Outcome: Sendable {
        /// The next of ``SignedBlock/signed``, and the SHA-256 of its certificate.
        case signed(fingerprint: [UInt8])
        indirect case failed(ToolError)
    }

    var outcomes: [Outcome] = []
    var signed: [SignedIntent] = []
}

/// Step 3: checks and signs drafts whose intents are on disk. One per thread: it owns a session of the CA's key.
final class SigningBench {
    private let drafter: CertificateDrafter
    private let worker: IssuingWorker

    /// - Throws: ``ToolError`` when the key cannot be reached.
    init(plan: IssuancePlan) throws(ToolError) {
        drafter = CertificateDrafter(plan: plan)
        worker = try IssuingWorker(plan: plan)
    }

    /// Signs a block.
    ///
    /// - Throws: ``ToolError`` when the key does not sign: nothing more can be issued.
    func sign(_ orders: [SigningOrder]) throws(ToolError) -> SignedBlock {
        var block = SignedBlock()
        var signed = SignedIntents(reservingCapacity: orders.count)
        block.outcomes.reserveCapacity(orders.count)
        for order in orders {
            let prepared: PreparedCertificate
            do throws(ToolError) {
                prepared = try drafter.prepare(order)
            } catch {
                block.outcomes.append(.failed(error))
                continue
            }
            let certificate = try worker.sign(prepared).der
            let fingerprint = Digest.sha256(certificate)
            signed.add(order.draft, certificate: certificate, fingerprint: fingerprint)
            block.outcomes.append(.signed(fingerprint: fingerprint))
        }
        block.signed = signed.all
        return block
    }
}

extension CertificateDrafter {
    /// Checks what is to be signed; the draft of an earlier run is made again from its intent.
    ///
    /// - Throws: ``ToolError`` with `lint`: this must not be signed.
    func prepare(_ order: SigningOrder) throws(ToolError) -> PreparedCertificate {
        let intent = order.draft.intent
        guard let serial = CertificateSerial(magnitude: intent.serial),
            let validity = ValidityPeriod(notBefore: intent.notBefore, notAfter: intent.notAfter)
        else { throw ToolError(.lint, "the ledger's serial or validity cannot be that of a certificate") }
        let draft =
            order.draft.isOwn
            ? order.candidate.certificate : try redraft(order, serial: serial, validity: validity)
        return try prepare(draft, serial: serial, validity: validity, for: order.candidate.request)
    }

    /// Why a certificate would not be signed; `nil` if it would.
    func flaw(in order: SigningOrder) -> ToolError? {
        do throws(ToolError) {
            _ = try prepare(order)
            return nil
        } catch {
            return error
        }
    }

    /// The same for a draft whose intent nobody noted.
    func flaw(
        in draft: CertificateDraft, serial: CertificateSerial, validity: ValidityPeriod,
        for request: VettedRequest
    ) -> ToolError? {
        do throws(ToolError) {
            _ = try prepare(draft, serial: serial, validity: validity, for: request)
            return nil
        } catch {
            return error
        }
    }

    /// Makes the draft of an earlier intent again, to which that intent commits.
    private func redraft(
        _ order: SigningOrder, serial: CertificateSerial, validity: ValidityPeriod
    ) throws(ToolError) -> CertificateDraft {
        if case .success(let certificate) = draft(
            order.candidate.request, serial: serial, validity: validity),
            certificate.sha256 == order.draft.intent.tbsDigest
        {
            return certificate
        }
        throw ToolError(
            .lint,
            "an earlier run intended another certificate for this request, serial "
                + "\(serial): CA, profile or options have changed since", hint: .reissue)
    }
}
