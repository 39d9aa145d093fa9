import Batches
import CommandLineSupport
import Commands
import Diagnostics
import InputOutput
import Journal
import JSON
import Store
import Submission

/// `assay onboard submit`
final class OnboardSubmitRun {
    /// Rows of which those without a failure are sent at once.
    private struct Segment: Sendable {
        static let rowLimit = 1_000
        var rows: [OnboardSubmit.Row] = []
    }

    private enum Status: String {
        case onboarded, existing, failed, unknown, malformed, duplicate
    }

    private let verb: OnboardSubmit
    private let sink = StandardStream.output()
    private var counts: [Status: Int] = [:]
    private var reasons = ReasonCounts()

    private init(_ verb: OnboardSubmit) { self.verb = verb }

    static func run(_ verb: OnboardSubmit, _ environment: Environment) throws -> ExitStatus {
        try OnboardSubmitRun(verb).run(environment)
    }

    private func run(_ environment: Environment) throws -> ExitStatus {
        let console = verb.sending.output.console
        let session = try ServiceSession(verb.sending.service, verb.sending.pace)
        defer { session.close() }
        let store = try verb.sending.openStore()
        let account = try session.account(session.conversation(store))
        let access = try JournalAccess(
            .onboarding, store, at: session.address, team: account.team, now: environment.now)
        let plan = ClaimSubmission.Plan(
            journal: access.journal, run: access.run, retriesFailed: verb.retryFailed, work: .onboarding,
            isAlive: access.isAlive)
        let submission = ClaimSubmission(plan, session.conversation(store), store)
        let seen = try SeenKeys()
        var segment = Segment()
        try verb.read { row throws(ToolError) in
            if row.failure == nil,
                try seen.insert(Array(row.deviceID.utf8), source: 0, line: row.line, mark: 0) != nil
            {
                try tell(row, .duplicate, "the device was in an earlier row", .duplicateDevice)
                return true
            }
            segment.rows.append(row)
            if segment.rows.count >= Segment.rowLimit {
                try send(segment, submission)
                segment = Segment()
            }
            return !session.control.isStopped
        }
        try send(segment, submission)
        let total = counts.values.reduce(0, +)
        guard total > 0 || Interruption.requested else {
            throw ToolError(.csv, "expected a row of a device, found none in the input")
        }
        console.conclude(
            "assay: \(total) \(total == 1 ? "row" : "rows") read: "
                + [Status.onboarded, .existing, .duplicate, .malformed, .failed, .unknown].map {
                    "\(counts[$0] ?? 0) \($0 == .existing ? "onboarded already" : $0.rawValue)"
                }.joined(separator: ", ") + reasons.note, reasons)
        if let error = session.control.error {
            console.error(error)
            return error.exitStatus
        }
        let good = (counts[.onboarded] ?? 0) + (counts[.existing] ?? 0)
        if good == total { return .done }
        if good > 0 { return .partial }
        return counts[.malformed] == total ? .malformed : counts[.failed] == total ? .rejected : .partial
    }

    private func send(_ segment: Segment, _ submission: ClaimSubmission) throws(ToolError) {
        let sent = segment.rows.filter { $0.failure == nil }
        var outcomes = try submission.submit(
            sent.map { ClaimItem(onboarding: $0.deviceID, line: $0.bytes) })[...]
        for row in segment.rows {
            if let failure = row.failure {
                try tell(row, .malformed, failure.message, failure.code)
                continue
            }
            switch outcomes.popFirst() {
            case .claimed?: try tell(row, .onboarded, "onboarded")
            case .existing?: try tell(row, .existing, "onboarded already, not sent again")
            case .refused(let reason)?: try tell(row, .failed, reason, .serviceRefused)
            case .notSent(let reason)?: try tell(row, .failed, "not sent: \(reason)", .serviceUnreachable)
            case .unknown(let reason)?:
                try tell(row, .unknown, "may have been onboarded: \(reason)", .serviceUnreachable)
            case nil: try tell(row, .unknown, "without a result", .internalFault)
            }
        }
    }

    private func tell(
        _ row: OnboardSubmit.Row, _ status: Status, _ message: String, _ code: ErrorCode? = nil
    ) throws(ToolError) {
        counts[status, default: 0] += 1
        reasons.count(code?.rawValue)
        guard verb.sending.output.json else {
            if verb.verbose || ![.onboarded, .existing].contains(status) {
                let text = "\(row.source):\(row.line): \(status.rawValue) \(row.deviceID): \(message)"
                try sink.write(Array((Withholding.safe(text) + "\n").utf8))
            }
            return
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.onboarding/1")
        writer.key("input")
        writer.beginObject()
        writer.member("source", row.source)
        writer.member("line", Int64(row.line))
        writer.endObject()
        writer.member("deviceId", Withholding.withheld(row.deviceID))
        writer.member("status", status.rawValue)
        writer.member("message", Withholding.withheld(message))
        writer.key("failures")
        writer.beginArray()
        if let code {
            writer.beginObject()
            writer.member("code", code.rawValue)
            writer.member("message", Withholding.withheld(message))
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        writer.newline()
        try sink.write(writer.bytes)
    }
}
