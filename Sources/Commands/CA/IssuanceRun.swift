import CertificateAuthority
import Diagnostics
import InputOutput
import JSON
import PKIX
import Store

/// `ca issue` at work: requests are vetted on all cores, their intents noted, their certificates signed on all cores and
/// entered into the ledger, and then reported, in the order of the input.
///
/// Nothing is signed whose intent is not on disk, nothing is reported whose certificate is not. A flush to disk is
/// shared by a group: the transaction that enters the certificates of one group notes the intents of the next.
final class IssuanceRun {
    /// Requests in a group: enough that a flush to disk costs little for each.
    private static let groupSize = 2_000
    /// Drafts in a signing job: enough for all cores, small enough to share them evenly.
    private static let jobSize = 64

    private let settings: IssuanceSettings
    private let ledger: any IssuanceLedger
    private let reissue: Bool
    private let now: Int64
    private let output: IssuanceOutput
    private let jobs: Int

    private var stream: RequestStream
    private var streamEnded = false
    private var vetting = 0
    private var collected: [VettedItem] = []
    private var groups: [IssuanceGroup] = []
    /// The groups that wait for a signature of a row, in order: a request that comes again in the next group, before
    /// the first is signed, is signed for both.
    private var groupsOfRow: [Int64: [Int]] = [:]
    /// How many groups were finished and removed: `groups[0]` is the group of this number.
    private var finishedGroups = 0
    private var orders: [[SigningOrder]] = []

    init(
        _ settings: IssuanceSettings, stream: RequestStream, ledger: any IssuanceLedger, reissue: Bool,
        output: IssuanceOutput, jobs: Int, now: Int64
    ) {
        self.settings = settings
        self.stream = stream
        self.ledger = ledger
        self.reissue = reissue
        self.output = output
        self.jobs = jobs
        self.now = now
    }

    /// Reads everything, writes everything; the tally of the output decides the exit status.
    func run() throws(ToolError) {
        let settings = settings
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: { () throws(ToolError) in try IssuanceWorker(settings) },
            next: { () throws(ToolError) in try nextJob() },
            process: { worker, job in worker.perform(job) },
            deliver: { result throws(ToolError) in
                try take(result)
                return !output.shouldStop
            })
        // After an interruption or with --fail-fast: what is signed is entered and reported, no more is begun.
        if !groups.isEmpty { try flush(beginning: false) }
        guard groups.isEmpty || output.shouldStop || Interruption.requested else {
            throw ToolError(.internalFault, "expected a signature for every draft, found fewer")
        }
    }

    private func nextJob() throws(ToolError) -> IssuanceJob? {
        if let order = nextOrder() { return order }
        if !streamEnded, collected.count < Self.groupSize {
            if let chunk = stream.next() {
                vetting += 1
                return .vet(chunk)
            }
            streamEnded = true
        }
        guard streamEnded, vetting == 0, !collected.isEmpty else { return nil }
        try flush(beginning: true)
        return nextOrder()
    }

    private func nextOrder() -> IssuanceJob? { orders.isEmpty ? nil : .sign(orders.removeFirst()) }

    private func take(_ result: IssuanceResult) throws(ToolError) {
        switch result {
        case .fault(let error): throw error
        case .vetted(let items):
            vetting -= 1
            collected += items
            if collected.count >= Self.groupSize { try flush(beginning: true) }
        case .signed(let signatures):
            for (id, outcome) in signatures {
                guard var waiting = groupsOfRow.removeValue(forKey: id), !waiting.isEmpty else { continue }
                groups[waiting.removeFirst() - finishedGroups].enter(id, outcome)
                if !waiting.isEmpty { groupsOfRow[id] = waiting }
            }
            let isLast = streamEnded && vetting == 0 && collected.isEmpty
            if isLast, groups.allSatisfy(\.isSigned) { try flush(beginning: false) }
        }
    }

    /// One transaction: the certificates of the groups that are signed, and the intents of the group that was collected.
    private func flush(beginning: Bool) throws(ToolError) {
        let items = beginning ? collected : []
        if beginning { collected = [] }
        let done = groups.prefix { $0.isSigned }
        let intents = items.compactMap { item -> IssuanceIntent? in
            if case .drafted(_, let intent) = item { return intent }
            return nil
        }
        let signed = done.flatMap(\.signed)
        let answer =
            signed.isEmpty && intents.isEmpty
            ? ([], []) : try ledger.exchange(signed, intents, reissue: reissue, at: now)
        var standing = answer.0[...]
        for group in done {
            let count = group.signed.count
            try output.emit(try group.results(Array(standing.prefix(count))))
            standing = standing.dropFirst(count)
        }
        groups.removeFirst(done.count)
        finishedGroups += done.count
        if !items.isEmpty { try begin(items, answer.1) }
    }

    private func begin(_ items: [VettedItem], _ outcomes: [IntentOutcome]) throws(ToolError) {
        groups.append(try IssuanceGroup(items, outcomes, after: groups))
        let number = finishedGroups + groups.count - 1
        var next = outcomes.makeIterator()
        var job: [SigningOrder] = []
        for case .drafted(let report, _) in items {
            guard case .sign(let draft) = next.next(), let request = report.request else { continue }
            groupsOfRow[draft.id, default: []].append(number)
            job.append(SigningOrder(draft: draft, request: request))
            if job.count == Self.jobSize {
                orders.append(job)
                job = []
            }
        }
        if !job.isEmpty { orders.append(job) }
        // A group without a signature to make is done at once, if it is its turn.
        if streamEnded, vetting == 0, groups.allSatisfy(\.isSigned) { try flush(beginning: false) }
    }
}
