import Commands
import Diagnostics
import InputOutput
import Journal
import Store
import Submission

/// `assay claim submit`
enum ClaimSubmitRun {
    static func run(_ verb: ClaimSubmit, _ environment: Environment) throws -> ExitStatus {
        let console = verb.output.console
        let session = try ServiceSession(verb.service, verb.pace)
        defer { session.close() }
        let store = try verb.store(console)
        let account = try session.account(session.conversation(store))
        let access = try JournalAccess(
            .claim, store, at: session.address, team: account.team, now: environment.now)
        let intake = try verb.intake(environment, console)
        try send(intake, verb, session, access, store.path)
        try intake.conclude()
        if let error = session.control.error {
            console.error(error)
            return error.exitStatus
        }
        return intake.tally.exitStatus
    }

    private static func send(
        _ intake: ClaimIntake, _ verb: ClaimSubmit, _ session: ServiceSession, _ access: JournalAccess,
        _ path: String
    ) throws(ToolError) {
        let plan = ClaimSubmission.Plan(
            journal: access.journal, run: access.run, retriesFailed: verb.retryFailed, isAlive: access.isAlive
        )
        let line = try OrderedLine<ClaimSegment, [ClaimIntake.Row]>(
            jobs: verb.pace.connections, depth: verb.pace.connections + 1,
            makeWorker: { () throws(ToolError) in
                // A connection to the store belongs to one thread; a few MiB for each, however many rows
                // the journal has.
                let store = try SQLiteStore(path: path, access: .readWrite, cache: 2_000)
                return ClaimSubmission(plan, session.conversation(store), store)
            },
            process: { worker, segment throws(ToolError) in
                segment.results(try worker.submit(segment.items))
            })
        func tell(_ rows: [ClaimIntake.Row]) throws(ToolError) {
            for row in rows { try intake.write(row.report) }
            try intake.flush()
        }
        var segment = ClaimSegment()
        try intake.read { row throws(ToolError) in
            segment.append(row)
            if segment.isFull {
                try line.put(segment, deliver: tell)
                segment = ClaimSegment()
            }
            return !session.control.isStopped
        }
        try line.put(segment, deliver: tell)
        try line.finish(deliver: tell)
    }
}
