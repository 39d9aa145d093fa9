import CertificateAuthority
import Diagnostics
import Store

/// What `ca issue --dry-run` makes of the ledger's answers: results as those of a run, without certificates.
struct DryRun {
    private let settings: IssuanceSettings
    /// Draws up what an earlier run left unfinished; made when there is such a row.
    private var worker: IssuanceWorker?
    /// The unfinished rows that this run would complete.
    private var completed: Set<Int64> = []
    /// The rows whose drafts would not be signed, which is never to happen to fresh ones.
    private var flaws: [Int64: ToolError] = [:]

    init(_ settings: IssuanceSettings) { self.settings = settings }

    /// The results for items, in their order.
    ///
    /// - Parameter answers: the ledger's to the candidates among them.
    mutating func results(
        of items: [VettedItem], _ answers: [IntentOutcome]
    ) throws(ToolError) -> [IssuanceEmission] {
        var next = answers.makeIterator()
        var results: [IssuanceEmission] = []
        results.reserveCapacity(items.count)
        for item in items {
            switch item {
            case .finished(let report): results.append(.report(report))
            case .candidate(let candidate):
                results.append(.report(try report(candidate, next.next())))
            }
        }
        return results
    }

    private mutating func report(
        _ candidate: IssuanceCandidate, _ answer: IntentOutcome?
    ) throws(ToolError) -> IssuanceReport {
        switch answer {
        case .existing(let record):
            return IssuanceReport(candidate, existing: record, under: settings.plan)
        case .rejected(let failure): return IssuanceReport(candidate, rejected: failure)
        case .sameAs(let row):
            return IssuanceReport(candidate, planned: candidate.intent, isEarlier: true, flaw: flaws[row])
        case .sign(let draft) where draft.isOwn:
            flaws[draft.id] = candidate.flaw
            return IssuanceReport(candidate, planned: draft.intent, isEarlier: false, flaw: candidate.flaw)
        case .sign(let draft):
            let order = SigningOrder(draft, candidate, under: settings.plan)
            let flaw = try drawingWorker().flaw(in: order)
            let isEarlier = flaw == nil && !completed.insert(draft.id).inserted
            var report = IssuanceReport(candidate, planned: draft.intent, isEarlier: isEarlier, flaw: flaw)
            report.notes = order.remarks?.notes ?? []
            return report
        case nil: return .unanswered(candidate)
        }
    }

    private mutating func drawingWorker() throws(ToolError) -> IssuanceWorker {
        if let worker { return worker }
        let made = try IssuanceWorker(settings)
        worker = made
        return made
    }
}
