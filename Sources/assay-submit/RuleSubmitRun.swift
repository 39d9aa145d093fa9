import Commands
import Diagnostics
import InputOutput
import Journal
import JSON
import ProvisioningAPI
import Store
import Submission

/// `assay rule submit`
enum RuleSubmitRun {
    static func run(_ verb: RuleSubmit, _ environment: Environment) throws -> ExitStatus {
        let (name, body) = try verb.rule()
        let store = try verb.sending.openStore()
        let session = try ServiceSession(verb.sending.service, verb.sending.pace)
        defer { session.close() }
        let talk = session.conversation(store)
        let account = try session.account(talk)
        let access = try JournalAccess(
            .rule, store, at: session.address, team: account.team, now: environment.now)
        let plan = ClaimSubmission.Plan(
            journal: access.journal, run: access.run, retriesFailed: verb.retryFailed, isAlive: access.isAlive
        )
        let report: RuleReport
        let status: ExitStatus
        switch try RuleSubmission(plan, talk, store).submit(name: name, body: body) {
        case .accepted(let id): (report, status) = (RuleReport(id: id, name: name, status: "accepted"), .done)
        case .refused(let reason):
            (report, status) = (RuleReport(id: nil, name: name, status: "failed", message: reason), .rejected)
        case .notSent(let reason), .unknown(let reason):
            (report, status) = (RuleReport(id: nil, name: name, status: "unknown", message: reason), .service)
        }
        try StandardStream.output().write(report.bytes(json: verb.sending.output.json))
        if let error = session.control.error { throw error }
        return status
    }
}
