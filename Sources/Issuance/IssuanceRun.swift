import CertificateAuthority
package import Diagnostics
package import InputOutput
package import Ledger

/// Where the requests of a run come from, a block at a time.
package protocol IssuanceSource: SendableMetatype {
    associatedtype Block: Sendable

    mutating func next(_ demand: InputDemand) -> Arrival<Block>
    /// The requests of a block, read on whatever thread has time for it.
    static func requests(of block: Block) -> [IssuanceRequest]
}

/// Whoever hears of the outcomes of a run, in the order of the requests.
package protocol IssuanceReceiver: AnyObject {
    /// Whether nothing after the first request that is turned down is to be signed.
    var stopsAtFailure: Bool { get }
    /// Why a candidate could not be handed out as it has to be, asked once for each item, in their order, before any is
    /// signed; nil for all others.
    func objection(to item: VettedItem) -> CheckFailure?
    /// - Returns: whether more is wanted.
    func receive(_ outcomes: [IssuanceOutcome]) throws(ToolError) -> Bool
    /// Hands out what was received: the run is going to wait, or over.
    ///
    /// - Returns: whether more is wanted.
    func settle() throws(ToolError) -> Bool
}

extension IssuanceReceiver {
    package func settle() throws(ToolError) -> Bool { true }
}

/// Takes the requests of a stream through the steps, on all cores, and reports them in the order of the input.
///
/// Nothing is signed whose intent is not on disk, nothing is told whose certificate is not. A flush to disk is shared by a
/// group: the transaction that enters the certificates of signed groups notes the intents of the next.
package final class IssuanceRun<Source: IssuanceSource, Receiver: IssuanceReceiver> {

    /// Requests in a group: enough that a flush to disk costs little for each, few enough that the last group, during
    /// whose flush nothing is left to do, does not keep the run waiting.
    private static var groupSize: Int { 1_000 }
    /// The same once all requests are read.
    private static var lastGroupSize: Int { 250 }
    /// Groups that wait for signatures: beyond that there is no use in vetting more.
    private static var mostGroups: Int { 4 }
    /// Blocks in flight for each core: about the time of a flush to a slow disk.
    private static var depth: Int { 32 }

    private let settings: IssuanceSettings
    private let ledger: any IssuanceLedger
    private let now: Int64
    private let receiver: Receiver
    private let jobs: Int
    private let stop: StopSignal
    private let pool: SigningPool

    private var source: Source
    private var sourceEnded = false
    /// Vetted, and not noted yet.
    private var collected: [VettedItem] = []
    /// Noted, and not all signed and entered yet.
    private var groups: [IssuanceGroup] = []
    /// How many groups were finished and removed: `groups[0]` is the group of this number.
    private var finishedGroups = 0
    /// Where the receiver stops at a failure, whether there was one: nothing after it is looked at.
    private var hasFailed = false
    private var isWanted = true
    /// What outcomes come of where nothing is signed.
    private var dryRun: DryRun?

    /// - Parameters:
    ///   - jobs: threads that vet; as many sign, if the key has so many sessions.
    ///   - now: what the ledger writes down as the time, seconds since 1970.
    ///   - stop: ends the run in good order: what is noted is signed, entered and told, no more is begun.
    package init(
        _ settings: IssuanceSettings, source: Source, ledger: any IssuanceLedger, receiver: Receiver,
        jobs: Int, now: Int64, until stop: StopSignal
    ) {
        self.settings = settings
        self.source = source
        self.ledger = ledger
        self.receiver = receiver
        self.jobs = jobs
        self.now = now
        self.stop = stop
        pool = SigningPool(plan: settings.plan, jobs: jobs)
        dryRun = settings.isDryRun ? DryRun(settings.plan) : nil
    }

    /// Reads everything, tells everything.
    ///
    /// - Throws: ``ToolError`` when nothing more can be issued; what was entered is in the ledger all the same.
    package func run() throws(ToolError) {
        defer { pool.close() }
        do throws(ToolError) {
            try work()
        } catch {
            // What was received before it failed is handed out all the same; why it failed is the news.
            _ = try? receiver.settle()
            throw error
        }
    }

    private func work() throws(ToolError) {
        let settings = settings
        // 1: vet.
        try OrderedPipeline.run(
            jobs: jobs, depth: Self.depth, standingBack: true, until: stop,
            makeWorker: { () throws(ToolError) in try VettingBench(settings) },
            next: { demand throws(ToolError) in try nextBlock(demand) },
            process: { bench, block -> Result<[VettedItem], ToolError> in
                do throws(ToolError) {
                    return .success(try bench.vet(Source.requests(of: block)))
                } catch {
                    return .failure(error)
                }
            },
            deliver: { items throws(ToolError) in
                collect(try items.get())
                try advance(whenHolding: sourceEnded ? Self.lastGroupSize : Self.groupSize)
                return isWanted && !hasFailed
            })
        // After a signal no more is begun. Behind a failure that ends the run there is nothing in what was collected.
        if stop.isRequested { collected = [] }
        try settle()
    }

    /// - Parameter demand: ``InputDemand/awaited`` says that nothing is being vetted.
    private func nextBlock(_ demand: InputDemand) throws(ToolError) -> Arrival<Source.Block> {
        while !sourceEnded {
            // Nobody waits for more input while there is something to be entered and told.
            let hasResults = !collected.isEmpty || !groups.isEmpty
            switch source.next(hasResults ? demand.withoutWaiting : demand) {
            case .value(let block): return .value(block)
            case .nothingYet:
                guard demand == .awaited, hasResults else { return .nothingYet }
                try settle()
                guard isWanted, !hasFailed else { return .end }
            case .end: sourceEnded = true
            }
        }
        return .end
    }

    /// Takes in what was vetted, where a failure ends the run up to the first that is turned down.
    private func collect(_ items: [VettedItem]) {
        if hasFailed { return }
        let items = items.map { item in
            guard let failure = receiver.objection(to: item), case .candidate(let candidate) = item else {
                return item
            }
            return VettedItem.finished(IssuanceOutcome(candidate, refusedBecause: failure))
        }
        guard receiver.stopsAtFailure, let bad = items.firstIndex(where: \.isTurnedDown) else {
            collected += items
            return
        }
        collected += items[...bad]
        hasFailed = true
    }

    /// Begins a group if enough was collected, and finishes those that are signed by now.
    private func advance(whenHolding count: Int) throws(ToolError) {
        try takeSigned(isAwaited: false)
        guard collected.count >= count, !stop.isRequested else { return }
        while groups.count >= Self.mostGroups, !groups[0].isSigned { try takeSigned(isAwaited: true) }
        try exchange(beginning: true)
    }

    /// Brings everything that was vetted to its end.
    private func settle() throws(ToolError) {
        if !collected.isEmpty { try exchange(beginning: true) }
        if !groups.isEmpty, sourceEnded {
            // The last requests are being signed; there is nothing else to do.
            ledger.settle()
        }
        while !groups.isEmpty {
            while groups.contains(where: { !$0.isSigned }) { try takeSigned(isAwaited: true) }
            try exchange(beginning: false)
        }
        let wantsMore = try receiver.settle()
        isWanted = isWanted && wantsMore
    }

    private func takeSigned(isAwaited: Bool) throws(ToolError) {
        try pool.takeSigned(isAwaited: isAwaited) { group, number, block in
            guard groups.indices.contains(group - finishedGroups) else { return }
            groups[group - finishedGroups].enter(block, as: number)
        }
    }

    /// 4 and 2, in one transaction: enters the certificates of the groups that are signed, notes the intents of the group
    /// that was collected. Then 3 is ordered for the new group, and 5 follows for the old ones.
    private func exchange(beginning: Bool) throws(ToolError) {
        let items = beginning ? collected : []
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
        if let outcomes = dryRun?.outcomes(of: items, answer.outcomes) { return try tell(outcomes) }
        if !items.isEmpty { try begin(items, answer.outcomes) }
        var first = 0
        for (group, entries) in zip(done, signed) {
            try tell(group.outcomes(taken: answer.taken, from: first))
            first += entries.count
        }
        groups.removeFirst(done.count)
        finishedGroups += done.count
    }

    private func begin(
        _ items: [VettedItem], _ answers: [IntentOutcome]
    ) throws(ToolError) {
        let (items, answers) = untilFailure(items, answers)
        var blocks: [[SigningOrder]] = []
        groups.append(IssuanceGroup(items, answers, after: groups, under: settings.plan, orders: &blocks))
        let group = finishedGroups + groups.count - 1
        guard !blocks.isEmpty else { return }
        try pool.put(
            blocks.enumerated().map { .init(group: group, number: $0.offset, orders: $0.element) })
    }

    /// Where a failure ends the run: up to the first that the ledger turns down.
    private func untilFailure(
        _ items: [VettedItem], _ answers: [IntentOutcome]
    ) -> (items: [VettedItem], answers: [IntentOutcome]) {
        guard receiver.stopsAtFailure else { return (items, answers) }
        var answered = 0
        for (index, item) in items.enumerated() {
            guard case .candidate = item else { continue }
            answered += 1
            if case .rejected? = answers.dropFirst(answered - 1).first {
                hasFailed = true
                return (Array(items[...index]), Array(answers.prefix(answered)))
            }
        }
        return (items, answers)
    }

    private func tell(_ outcomes: [IssuanceOutcome]) throws(ToolError) {
        guard isWanted else { return }
        isWanted = try receiver.receive(outcomes)
    }
}
