import CertificateAuthority
import Diagnostics
import Ledger

/// What a dry run makes of the ledger's answers: outcomes as those of a run, without certificates.
struct DryRun {
    private let plan: IssuancePlan
    /// Draws up what an earlier run left unfinished.
    private let drafter: CertificateDrafter
    /// The unfinished rows that this run would complete.
    private var completed: Set<Int64> = []
    /// The rows whose drafts would not be signed, which is never to happen to fresh ones.
    private var flaws: [Int64: ToolError] = [:]

    init(_ plan: IssuancePlan) {
        self.plan = plan
        drafter = CertificateDrafter(plan: plan)
    }

    /// The outcomes of items, in their order.
    ///
    /// - Parameter answers: the ledger's to the candidates among them.
    mutating func outcomes(
        of items: [VettedItem], _ answers: [IntentOutcome]
    ) -> [IssuanceOutcome] {
        var next = answers.makeIterator()
        return items.map { item in
            switch item {
            case .finished(let outcome): outcome
            case .candidate(let candidate): outcome(candidate, next.next())
            }
        }
    }

    private mutating func outcome(
        _ candidate: IssuanceCandidate, _ answer: IntentOutcome?
    ) -> IssuanceOutcome {
        switch answer {
        case .existing(let record):
            return IssuanceOutcome(candidate, existing: record, under: plan)
        case .rejected(let failure): return IssuanceOutcome(candidate, rejected: failure)
        case .sameAs(let row):
            return IssuanceOutcome(candidate, planned: candidate.intent, isEarlier: true, flaw: flaws[row])
        case .sign(let draft) where draft.isOwn:
            flaws[draft.id] = candidate.flaw
            return IssuanceOutcome(candidate, planned: draft.intent, isEarlier: false, flaw: candidate.flaw)
        case .sign(let draft):
            let order = SigningOrder(draft, candidate, under: plan)
            let flaw = drafter.flaw(in: order)
            let isEarlier = flaw == nil && !completed.insert(draft.id).inserted
            var outcome = IssuanceOutcome(candidate, planned: draft.intent, isEarlier: isEarlier, flaw: flaw)
            outcome.notes = order.remarks?.notes ?? []
            return outcome
        case nil: return .unanswered(candidate)
        }
    }
}
