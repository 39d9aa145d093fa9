import Claims
import Commands
import Diagnostics
import InputOutput
import JSON
import ProvisioningAPI
import Submission

/// `assay claim check --online`: the service's dry run of each row that is ready.
enum ClaimCheckRun {
    static func run(_ verb: ClaimCheck, _ environment: Environment) throws -> ExitStatus {
        let console = verb.output.console
        let session = try ServiceSession(verb.service, verb.pace)
        defer { session.close() }
        let intake = try verb.intake(environment, console)
        // One pace for all threads: a question needs no journal.
        let pace = OwnPace()
        let line = try OrderedLine<ClaimIntake.Row, ClaimIntake.Row>(
            jobs: verb.pace.connections, depth: verb.pace.connections * 4,
            makeWorker: { () throws(ToolError) in session.conversation(pace) },
            process: { talk, row throws(ToolError) in try asked(row, talk) })
        func tell(_ row: ClaimIntake.Row) throws(ToolError) {
            try intake.write(row.report)
            try intake.flush()
        }
        try intake.read { row throws(ToolError) in
            try line.put(row, deliver: tell)
            return !session.control.isStopped
        }
        try line.finish(deliver: tell)
        try intake.conclude()
        if let error = session.control.error {
            console.error(error)
            return error.exitStatus
        }
        return intake.tally.rehearsalStatus
    }

    private static func asked(
        _ row: ClaimIntake.Row, _ talk: Conversation
    ) throws(ToolError) -> ClaimIntake.Row {
        guard row.isReady, let (method, url) = talk.address.request(.claim, query: "dryrun=true") else {
            return row
        }
        var row = row
        let body = ClaimBody(claimToken: String(decoding: row.token, as: UTF8.self), tags: [])
        let call = ServiceCall(
            method: method, url: url, contentType: "application/json", body: body.json.compact())
        // It changes nothing, so that it may be asked again.
        guard let answer = try talk.ask(call) else {
            row.report.take(.notSent(talk.control.error?.message ?? "interrupted"))
            return row
        }
        if answer.status == 202 {
            row.report.become(.ready, "ready to claim, says the service")
        } else if let error = AnswerText.fatal(answer, doing: "claim devices") {
            talk.control.stop(error)
            row.report.take(.notSent(error.message))
        } else {
            row.report.become(
                .rejected, AnswerText.message(answer), failure: .serviceRefused,
                hint: "mend what the service says")
        }
        return row
    }
}
