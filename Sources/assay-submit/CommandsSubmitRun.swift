import Batches
import Commands
import Diagnostics
import InputOutput
import Journal
import JSON
import Store
import Submission

/// `assay commands submit`
final class CommandsSubmitRun {
    private let verb: CommandsSubmit
    private let console: Console
    private let sink = StandardStream.output()
    private var counts: [SubmissionReport.Status: Int] = [:]
    private var total = 0
    private var unreadable = 0
    /// Batches whose commands are under way, in the order of the input.
    private var waiting: [SubmissionReport] = []
    private let csrs: NewFile?
    private var reasons = ReasonCounts()
    /// The commands whose CSRs are in it.
    private var written: Set<String> = []

    private init(_ verb: CommandsSubmit) throws {
        self.verb = verb
        console = verb.sending.output.console
        csrs = try verb.csrFile()
    }

    static func run(_ verb: CommandsSubmit, _ environment: Environment) throws -> ExitStatus {
        try CommandsSubmitRun(verb).run(environment)
    }

    private func run(_ environment: Environment) throws -> ExitStatus {
        let session = try ServiceSession(verb.sending.service, verb.sending.pace)
        defer { session.close() }
        let store = try verb.sending.openStore()
        let talk = session.conversation(store)
        let account = try session.account(talk)
        let access = try JournalAccess(
            .commands, store, at: session.address, team: account.team, now: environment.now)
        try send(session, access, store.path, environment.now)
        if verb.wait { try follow(CommandFollower(talk: talk)) }
        if !written.isEmpty, !Interruption.requested { try csrs?.commit() }
        guard total > 0 || unreadable > 0 || Interruption.requested else {
            throw ToolError(.json, "expected a batch of commands, found none in the input")
        }
        console.conclude(summary, reasons)
        if let error = session.control.error {
            console.error(error)
            return error.exitStatus
        }
        return exitStatus
    }

    private func send(
        _ session: ServiceSession, _ access: JournalAccess, _ path: String, _ now: Int64
    ) throws {
        let plan = ClaimSubmission.Plan(
            journal: access.journal, run: access.run, retriesFailed: verb.retryFailed, isAlive: access.isAlive
        )
        let round = verb.round
        let turns = DeviceTurns()
        let line = try OrderedLine<(document: CommandsSubmit.Document, number: Int), SubmissionReport>(
            jobs: verb.sending.pace.connections, depth: verb.sending.pace.connections * 4,
            makeWorker: { () throws(ToolError) in
                // A connection to the store belongs to one thread; a few MiB for each, however many rows
                // the journal has.
                let store = try SQLiteStore(path: path, access: .readWrite, cache: 2_000)
                let talk = session.conversation(store)
                return (talk: talk, submission: CommandSubmission(plan, talk, store))
            },
            process: { worker, piece throws(ToolError) in
                let document = piece.document
                guard document.failures.isEmpty, let device = document.device else {
                    return SubmissionReport(document)
                }
                let item = BatchItem(device: device, commands: document.commands, round: round)
                defer { turns.end(of: device) }
                turns.wait(for: piece.number, of: device, worker.talk)
                return SubmissionReport(document, try worker.submission.submit(item))
            })
        let deliver = { [self] (report: SubmissionReport) throws(ToolError) in
            if verb.wait { waiting.append(report) } else { try tell(report) }
            console.progress(done: waiting.count + total, failed: bad, unit: "batches", meter: nil)
        }
        try verb.read(now: now) { document throws(ToolError) in
            if document.isUnreadable {
                unreadable += 1
                reasons.count(ErrorCode.io.rawValue)
                console.error(
                    ToolError(
                        .io, document.failures.first?.message ?? "cannot be read",
                        context: [.init("file", document.source.escapedForTerminal)]))
                return true
            }
            let number = document.failures.isEmpty ? document.device.map(turns.draw) ?? 0 : 0
            try line.put((document, number), deliver: deliver)
            return !session.control.isStopped
        }
        try line.finish(deliver: deliver)
    }

    /// Follows all commands to their end or the deadline, then tells all results in the order of the input.
    private func follow(_ follower: CommandFollower) throws(ToolError) {
        let (span, overflows) = verb.patience.multipliedReportingOverflow(by: 1_000_000)
        let end = follower.talk.clock.now() + (overflows ? 0 : span)
        while !follower.talk.control.isStopped {
            var open = 0
            for place in waiting.indices where waiting[place].isOpen {
                guard let views = try follower.look(waiting[place]) else { break }
                waiting[place].take(views)
                if waiting[place].isOpen { open += 1 }
                let ended = waiting.count - open
                console.progress(done: ended, failed: 0, unit: "devices", meter: nil)
            }
            if open == 0 || follower.talk.clock.now() >= end { break }
            follower.talk.rest(CommandFollower.pause)
        }
        for report in waiting { try tell(report) }
        waiting = []
    }

    private func tell(_ report: SubmissionReport) throws(ToolError) {
        var report = report
        if let csrs {
            // The same batch may stand in the input twice: its commands are there once.
            for (id, request) in report.takeRequests() where written.insert(id).inserted {
                try csrs.write(request.line + [0x0a])
            }
        }
        counts[report.status, default: 0] += 1
        if report.status != .succeeded { reasons.count(report.failures.first?.code.rawValue) }
        total += 1
        guard verb.sending.output.json else { return try sink.write(report.text) }
        var writer = JSONWriter()
        report.write(json: &writer)
        try sink.write(writer.bytes)
    }

    private var good: Int { verb.wait ? count(.succeeded) : count(.succeeded) + count(.accepted) }
    private var bad: Int { total - good + unreadable }

    private func count(_ status: SubmissionReport.Status) -> Int { counts[status] ?? 0 }

    private var summary: String {
        let parts: [SubmissionReport.Status] = [.accepted, .succeeded, .failed, .skipped, .unknown]
        return "assay: \(total) \(total == 1 ? "batch" : "batches"): "
            + parts.map { "\(count($0)) \($0.rawValue)" }.joined(separator: ", ")
            + (csrs == nil ? "" : "; \(written.count) \(written.count == 1 ? "CSR" : "CSRs")")
            + (unreadable > 0 ? "; \(unreadable) unreadable" : "") + reasons.note
    }

    private var exitStatus: ExitStatus {
        if bad == 0 { return .done }
        if good > 0 { return .partial }
        if total == 0 { return .localTrouble }
        return count(.failed) == total ? .rejected : .partial
    }
}
