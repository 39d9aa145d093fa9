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
    /// Requests in a group: enough that a flush to disk costs little for each, few enough that the last group, during
    /// whose flush nothing is left to do, does not keep the run waiting.
    private static let groupSize = 1_000
    /// The same once all requests are read.
    private static let lastGroupSize = 250
    /// Jobs in flight for each core: about the time of a flush to a slow disk.
    private static let depth = 32

    private let settings: IssuanceSettings
    private let ledger: any IssuanceLedger
    private let now: Int64
    private let output: IssuanceOutput
    private let jobs: Int

    private var stream: RequestStream
    private var streamEnded = false
    private var vetting = 0
    private var collected: [VettedItem] = []
    private var groups: [IssuanceGroup] = []
    /// How many groups were finished and removed: `groups[0]` is the group of this number.
    private var finishedGroups = 0
    /// The signing jobs that are still to be given out.
    private var orders: [IssuanceJob] = []
    private var isSettling = false
    /// With `--fail-fast`, whether an input was turned down: nothing behind it is looked at.
    private var hasFailed = false
    /// What results come of where nothing is signed.
    private var dryRun: DryRun?

    init(
        _ settings: IssuanceSettings, stream: RequestStream, ledger: any IssuanceLedger,
        output: IssuanceOutput, jobs: Int, now: Int64
    ) {
        self.settings = settings
        dryRun = settings.isDryRun ? DryRun(settings) : nil
        self.stream = stream
        self.ledger = ledger
        self.output = output
        self.jobs = jobs
        self.now = now
    }

    /// Reads everything, writes everything; the tally of the output decides the exit status.
    func run() throws(ToolError) {
        let settings = settings
        try OrderedPipeline.run(
            jobs: jobs, depth: Self.depth,
            makeWorker: { () throws(ToolError) in try IssuanceWorker(settings) },
            next: { demand throws(ToolError) in try nextJob(demand) },
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

    /// - Parameter demand: ``InputDemand/awaited`` says that no job is in flight: then all that was collected is vetted
    ///   and all groups are signed.
    private func nextJob(_ demand: InputDemand) throws(ToolError) -> Arrival<IssuanceJob> {
        if !orders.isEmpty { return .value(orders.removeFirst()) }
        if isSettling {
            // The last requests are being signed; there is nothing else to do.
            isSettling = false
            ledger.settle()
        }
        while !streamEnded, collected.count < Self.groupSize {
            // Nobody waits for more input while there is something to be entered and reported.
            let hasResults = !collected.isEmpty || !groups.isEmpty
            switch stream.next(hasResults ? demand.withoutWaiting : demand) {
            case .value(let chunk):
                vetting += 1
                return .value(.vet(chunk))
            case .nothingYet:
                guard demand == .awaited, hasResults else { return .nothingYet }
                try flush(beginning: true)
                if !orders.isEmpty { return .value(orders.removeFirst()) }
            case .end: streamEnded = true
            }
        }
        guard streamEnded, vetting == 0, !collected.isEmpty else { return .nothingYet }
        try flush(beginning: true)
        isSettling = true
        return orders.isEmpty ? .nothingYet : .value(orders.removeFirst())
    }

    private func take(_ result: IssuanceResult) throws(ToolError) {
        switch result {
        case .fault(let error): throw error
        case .vetted(let items):
            vetting -= 1
            collect(items)
            if collected.count >= (streamEnded ? Self.lastGroupSize : Self.groupSize) {
                try flush(beginning: true)
            }
        case .signed(let group, let number, let block):
            guard groups.indices.contains(group - finishedGroups) else { return }
            groups[group - finishedGroups].enter(block, as: number)
            let isLast = streamEnded && vetting == 0 && collected.isEmpty
            if isLast, groups.allSatisfy(\.isSigned) { try flush(beginning: false) }
        }
    }

    /// Takes in what was vetted, with `--fail-fast` up to the first that is turned down: what is behind it is not signed.
    private func collect(_ items: [VettedItem]) {
        if hasFailed { return }
        guard output.failFast, let bad = items.firstIndex(where: \.isTurnedDown) else {
            collected += items
            return
        }
        collected += items[...bad]
        hasFailed = true
        streamEnded = true
    }

    /// The same of what the ledger turns down.
    private func admitted(
        _ items: [VettedItem], _ answers: [IntentOutcome]
    ) -> (items: [VettedItem], answers: [IntentOutcome]) {
        guard output.failFast else { return (items, answers) }
        var answered = 0
        for (index, item) in items.enumerated() {
            guard case .candidate = item else {
                if item.isTurnedDown { return (Array(items[...index]), Array(answers.prefix(answered))) }
                continue
            }
            answered += 1
            if case .rejected? = answers.dropFirst(answered - 1).first {
                hasFailed = true
                streamEnded = true
                return (Array(items[...index]), Array(answers.prefix(answered)))
            }
        }
        return (items, answers)
    }

    /// One transaction: the certificates of the groups that are signed, and the intents of the group that was collected.
    private func flush(beginning: Bool) throws(ToolError) {
        let items = beginning ? output.admitted(collected) : []
        if beginning { collected = [] }
        let done = groups.prefix { $0.isSigned }
        let intents = items.compactMap { item -> IssuanceIntent? in
            if case .candidate(let candidate) = item { candidate.intent } else { nil }
        }
        let signed = done.map(\.signed)
        var answer: (taken: [Int: TakenEntry], outcomes: [IntentOutcome]) = ([:], [])
        if !signed.allSatisfy(\.isEmpty) || !intents.isEmpty {
            answer = try ledger.exchange(Array(signed.joined()), intents, reissue: settings.reissue, at: now)
        }
        if let results = try dryRun?.results(of: items, answer.outcomes) { return try output.emit(results) }
        if !items.isEmpty {
            let admitted = admitted(items, answer.outcomes)
            begin(admitted.items, admitted.answers)
        }
        var first = 0
        for (group, entries) in zip(done, signed) {
            try output.emit(
                group.results(
                    taken: answer.taken, from: first, tellsNotes: settings.printing?.hasNotes == false))
            first += entries.count
        }
        groups.removeFirst(done.count)
        finishedGroups += done.count
        // A group without a signature to make is done at once, if it is its turn.
        if !items.isEmpty, streamEnded, vetting == 0, groups.allSatisfy(\.isSigned) {
            try flush(beginning: false)
        }
    }

    private func begin(_ items: [VettedItem], _ answers: [IntentOutcome]) {
        var blocks: [[SigningOrder]] = []
        groups.append(
            IssuanceGroup(items, answers, after: groups, under: settings.plan, orders: &blocks))
        let group = finishedGroups + groups.count - 1
        for (number, block) in blocks.enumerated() {
            orders.append(.sign(group: group, number: number, block))
        }
    }
}
