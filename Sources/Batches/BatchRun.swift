public import Diagnostics
public import InputOutput

/// One run over many inputs: all cores, results in the order of inputs, counted, told, and ended in good order.
///
/// The only place where a stream, a judge and an output meet, so that an empty input, an interrupt, a missing file, a
/// store that breaks and a stop at the first failure are the same for every verb.
public struct BatchRun: Sendable {
    /// Notes that are said to people; the inputs of a fleet have the same ones over and over.
    private static let noteLimit = 20

    private let noun: Noun
    private let form: ResultForm
    private let jobs: Int
    private let failFast: Bool
    /// Whether no input at all is well.
    private let mayBeEmpty: Bool
    /// A closing note about the results' ``Report/remarks``; only said where there are any.
    private let remark: (@Sendable (Int) -> String)?

    public init(
        _ noun: Noun, form: ResultForm, jobs: Int, failFast: Bool = false,
        mayBeEmpty: Bool = false, remark: (@Sendable (Int) -> String)? = nil
    ) {
        self.mayBeEmpty = mayBeEmpty
        self.remark = remark
        self.noun = noun
        self.form = form
        self.jobs = jobs
        self.failFast = failFast
    }

    /// Reads everything, writes everything.
    ///
    /// - Parameter settlement: what is done with reports before they are written. With fail-fast each is settled by itself,
    ///   so that nothing after the first failure is entered anywhere.
    /// - Parameter makeJudge: called once on each worker thread.
    /// - Throws: what ends the run: a judge's error, one of the settlement, an output that cannot be written; and the noun's
    ///   code where the inputs hold nothing, since a run that checked nothing must not look like one in which all was well.
    public func run<Source: ChunkSource, Verdicts: Judge>(
        _ source: Source, to sink: any ByteSink, telling events: any RunEvents,
        settlement: Settlement<Verdicts.Answer>? = nil,
        makeJudge: @escaping @Sendable () throws(ToolError) -> Verdicts
    ) throws(ToolError) -> Tally where Source.Chunk == Verdicts.Chunk {
        var source = source
        if events.showsProgress { source.measure() }
        let (form, failFast, holds) = (form, failFast, settlement != nil)
        var writing = Delivery<Verdicts.Answer>(self, sink, events, settlement)
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: makeJudge,
            next: { demand throws(ToolError) in
                guard demand == .awaited, writing.isGathering else { return try source.next(demand) }
                let arrival = try source.next(.atHand)
                guard case .nothingYet = arrival else { return arrival }
                // Before anybody waits for what comes next, what came is settled and told.
                guard try writing.release() else { return .end }
                return try source.next(.awaited)
            },
            process: { judge, chunk in
                var results = Results<Verdicts.Answer>(form, failFast: failFast, holds: holds)
                do throws(ToolError) {
                    try judge.judge(chunk, &results)
                } catch {
                    results.fatal = error
                }
                return results
            },
            deliver: { results throws(ToolError) in try writing.deliver(results, source.meter) })
        _ = try writing.release()
        if !mayBeEmpty { try writing.tally.demandInputs(noun) }
        if let remark, writing.remarks > 0 { events.note(remark(writing.remarks)) }
        if writing.notes > Self.noteLimit {
            events.leftOut(notes: writing.notes - Self.noteLimit)
        }
        return writing.tally
    }

    /// The end of the pipeline, on the calling thread.
    private struct Delivery<Answer: Report> {
        private let run: BatchRun
        private let sink: any ByteSink
        private let events: any RunEvents
        private let settlement: Settlement<Answer>?
        private var gathered: [Answer] = []
        private(set) var tally = Tally()
        private(set) var notes = 0
        private(set) var remarks = 0

        init(
            _ run: BatchRun, _ sink: any ByteSink, _ events: any RunEvents, _ settlement: Settlement<Answer>?
        ) {
            self.run = run
            self.sink = sink
            self.events = events
            self.settlement = settlement
        }

        var isGathering: Bool { !gathered.isEmpty }

        /// Writes, counts and tells; whether the run goes on.
        mutating func deliver(_ results: Results<Answer>, _ meter: InputMeter?) throws(ToolError) -> Bool {
            if let fatal = results.fatal { throw fatal }
            // An input that a signal cut short has no result.
            if results.errors.contains(where: { $0.message == Interruption.error.message }) { return false }
            var goesOn = true
            if let settlement {
                let held = results.held?.take() ?? []
                if gathered.isEmpty { gathered = held } else { gathered += held }
                if gathered.count >= settlement.gathers || !results.errors.isEmpty || run.failFast {
                    goesOn = try release()
                }
                for error in results.errors { events.error(error) }
            } else {
                try tell(results)
            }
            events.progress(done: tally.total, failed: tally.bad, unit: run.noun.name + "s", meter: meter)
            return goesOn && !(run.failFast && tally.bad > 0)
        }

        /// Settles what was gathered, and tells it; whether the run goes on.
        mutating func release() throws(ToolError) -> Bool {
            guard let settlement, !gathered.isEmpty else { return true }
            var waiting = gathered
            gathered = []
            guard run.failFast else { return try settle(&waiting, settlement) }
            for report in waiting {
                var single = [report]
                guard try settle(&single, settlement), tally.bad == 0 else { return false }
            }
            return true
        }

        private mutating func settle(
            _ reports: inout [Answer], _ settlement: Settlement<Answer>
        ) throws(ToolError) -> Bool {
            let goesOn = try settlement.settle(&reports)
            var results = Results<Answer>(run.form)
            for report in reports { results.add(report) }
            try tell(results)
            return goesOn
        }

        private mutating func tell(_ results: Results<Answer>) throws(ToolError) {
            let bytes = results.bytes
            if !bytes.isEmpty { try sink.write(bytes) }
            tally += results.tally
            remarks += results.remarks
            for error in results.errors { events.error(error) }
            for note in results.notes.prefix(max(0, noteLimit - notes)) { events.note(note) }
            notes += results.notes.count
        }
    }
}
