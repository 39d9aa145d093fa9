import Batches
import CSV
import Claims
package import DeviceIdentity
package import Diagnostics
import InputOutput
import Intake
import JSON
import Store

/// The rows of a run that claims, judged as by `claim check`, and where their results go. Memory does not grow with their
/// number: which devices were seen is kept in a file.
package final class ClaimIntake {
    /// One row.
    package struct Row: Sendable {
        package var report: ClaimReport
        package let device: DeviceUUID?
        /// The text of the token: a credential.
        package let token: ArraySlice<UInt8>
        /// The row of the service's body.
        package let line: ArraySlice<UInt8>

        /// The row without the bytes that it shares with others of its block.
        package var withoutToken: Row { Row(report: report, device: device, token: [], line: []) }

        /// Whether it is to be sent.
        package var isReady: Bool { report.status == .ready }
    }

    private let settings: ClaimJudge.Settings
    private let jobs: Int
    private let json: Bool
    private let stream: ClaimStream
    private let console: Console
    private let sink = StandardStream.output()
    private let rejects: RejectsFile?
    private let table: ReportTable?
    private let options: ClaimOptions
    private let seen: SeenKeys
    private var writer = JSONWriter(reservingCapacity: 65_536)
    private var text: [UInt8] = []
    package private(set) var tally = SubmissionTally()

    init(
        _ options: ClaimOptions, tags: ClaimTags?, jobs: Int, _ output: OutputOptions, _ console: Console
    ) throws {
        self.options = options
        self.console = console
        stream = options.stream
        settings = ClaimJudge.Settings(
            keys: try options.source(), policy: options.policy, packs: true, tags: tags)
        self.jobs = jobs
        json = output.json
        rejects = try options.rejectsFile(force: false)
        table = try options.table(force: false)
        seen = try SeenKeys()
    }

    /// Reads all rows in order; `each` answers false to stop.
    package func read(each: @escaping (Row) throws(ToolError) -> Bool) throws(ToolError) {
        let settlement = Settlement<JudgedRow> { [self] rows throws(ToolError) in
            for row in rows {
                guard try take(row, each) else { return false }
            }
            return true
        }
        _ = try options.run(
            stream, settings, to: sink, form: .unwritten, jobs: jobs, settlement: settlement,
            console: console)
    }

    private func take(
        _ judged: JudgedRow, _ each: (Row) throws(ToolError) -> Bool
    ) throws(ToolError) -> Bool {
        switch judged.content {
        case .rest(let bytes):
            try rejects?.continueRow(bytes)
            return true
        case .unreadable(let error): return try take(unreadable: error, judged.source, each)
        case .claim(let claim, let line):
            let row = try row(claim, line, judged.source)
            if !row.isReady { try rejects?.append(claim.raw, judged.shape) }
            tally.countRead()
            return try each(row)
        }
    }

    private func row(
        _ claim: ExaminedClaim, _ line: ArraySlice<UInt8>, _ source: Int
    ) throws(ToolError) -> Row {
        let (name, several) = (stream.names[source], stream.names.areSeveral)
        var report = ClaimReport(claim, source: name, namesSource: several)
        if claim.status == .ready, let device = claim.device,
            let first = try seen.insert(
                device.bytes, source: source, line: claim.line, mark: claim.fingerprint)
        {
            let finding = ClaimFinding.duplicate(
                of: device, in: stream.names[first.source], line: first.line,
                isSame: first.mark == claim.fingerprint)
            report = ClaimReport(claim, duplicateOf: finding, source: name, namesSource: several)
        }
        return Row(report: report, device: claim.device, token: claim.token, line: line)
    }

    private func take(
        unreadable error: ToolError, _ source: Int, _ each: (Row) throws(ToolError) -> Bool
    ) throws(ToolError) -> Bool {
        if error.code == .io {
            tally.countUnreadable()
            return true
        }
        // What could be read, but as nothing we know, is one malformed row.
        tally.countRead()
        let report = ClaimReport(
            unreadable: error, source: stream.names[source], namesSource: stream.names.areSeveral)
        return try each(Row(report: report, device: nil, token: [], line: []))
    }

    /// Takes the final result of a row; results come in the order of rows.
    package func write(_ report: ClaimReport) throws(ToolError) {
        tally.count(report.status, report.reason)
        try table?.append(report)
        if json {
            report.write(json: &writer)
        } else if options.verbose || ![.claimed, .existing].contains(report.status) {
            text += report.text
        }
        console.progress(done: tally.results, failed: tally.bad, unit: "rows", meter: stream.meter)
    }

    /// Writes what was taken: it is known for good.
    package func flush() throws(ToolError) {
        if json {
            try sink.write(writer.bytes)
            writer.removeAll()
        } else if !text.isEmpty {
            try sink.write(text)
            text = []
        }
    }

    /// Ends the run: the reconciliation, and the files that were asked for.
    package func conclude() throws(ToolError) {
        try flush()
        try tally.demandInputs()
        try options.conclude(rejects, table, isEmpty: tally.hasReadNothing)
        console.conclude(tally.summary + stream.inputs.passedOver.note, tally.reasons)
    }
}
