import ArgumentParser
import Attestation
import Batches
import Claims
import Diagnostics
import InputOutput
import Intake

/// Where claim rows come from and how they are judged; shared by the offline claim commands.
struct ClaimOptions: ParsableArguments {
    @Argument(help: .init("Files of stored tokens, tokens, or - for standard input.", valueName: "file"))
    var files: [String] = []

    @OptionGroup(title: "Input options") var list: InputListOptions

    @Option(
        help: .init(
            """
            csv: imei,uuid,token,time or a header in any order; lines: one token a line; at: a modem log; \
            jsonl: JSON Lines; auto finds out.
            """, valueName: "format"))
    var format: ClaimFormatChoice = .auto

    @OptionGroup(title: "Input options") var table: TableOptions
    @OptionGroup(title: "Key options") var keys: KeyOptions

    @Flag(help: "Reject a row that no trusted key of its device verified.")
    var requireVerified = false

    @Option(
        help: .init(
            "Do not judge this column: imei, time or tags. The service gets neither IMEI nor time.",
            valueName: "column"))
    var ignore: [IgnoredColumn] = []

    @Option(help: .init("Write the rows that are not ready to this file, as they were.", valueName: "file"))
    var rejects: String?

    @Option(help: .init("Write the results to this file as CSV too.", valueName: "file"))
    var report: String?

    @Flag(help: "Put an apostrophe before cells of --report that a spreadsheet would run as formulas.")
    var forSpreadsheet = false

    @Flag(help: "Name the rows that are ready too.")
    var verbose = false

    var stream: ClaimStream {
        let names = files.isEmpty && list.filesFrom == nil ? ["-"] : files
        let queue = InputQueue(
            names.enumerated().map { SourceArgument.resolve($1, position: $0 + 1).input },
            filesFrom: list.filesFrom, for: ClaimStream.expected)
        return ClaimStream(
            queue, format: format.format, delimiter: table.character, keepsRests: rejects != nil)
    }

    var policy: ClaimPolicy {
        ClaimPolicy(
            minimumTrust: keys.minimumTrust, requiresVerification: requireVerified,
            ignored: Set(ignore.map(\.field)))
    }

    func validate() throws {
        try list.demandOneReader(files)
        try table.demandTable(format == .csv || format == .auto)
        try keys.demandOneReader(
            inputs: files.contains("-") || list.filesFrom == "-" || files.isEmpty && list.filesFrom == nil)
        if files.isEmpty, list.filesFrom == nil, System.isTerminal(0) {
            throw ValidationError("expected a file, found nothing (- reads standard input)")
        }
        if forSpreadsheet, report == nil { throw ValidationError("--for-spreadsheet needs --report") }
    }

    /// The keys at hand; an error when verification is demanded and there are none.
    func source() throws -> KeySource? {
        let source = try keys.source()
        guard source != nil || !requireVerified else {
            throw ToolError(
                .usage, "--require-verified needs --key, --keys or a store, found none",
                hint: "assay device import fills a store")
        }
        return source
    }

    /// Takes every row through its examination; `settlement` gets them in order.
    ///
    /// - Parameter form: how results are written, where they are.
    func run(
        _ stream: ClaimStream, _ settings: ClaimJudge.Settings, to sink: any ByteSink, form: ResultForm,
        jobs: Int, failFast: Bool = false, settlement: Settlement<JudgedRow>, console: Console
    ) throws(ToolError) -> Tally {
        let run = BatchRun(.claimRow, form: form, jobs: jobs, failFast: failFast)
        let tally = try run.run(stream, to: sink, telling: console, settlement: settlement) {
            () throws(ToolError) in try ClaimJudge(settings)
        }
        let outputs = stream.keyOutputs.number
        if outputs > 0 {
            let noun = outputs == 1 ? "output" : "outputs"
            console.note("assay: note: passed over \(outputs) \(noun) of %KEYGEN, which claim nothing")
        }
        return tally
    }

    func rejectsFile(force: Bool) throws(ToolError) -> RejectsFile? {
        guard let rejects else { return nil }
        return try RejectsFile(path: rejects, replaces: force)
    }

    /// Makes the files of a run appear, unless a signal cut it short: a list of rejects of half the rows would be taken
    /// for all.
    /// - Parameter isEmpty: whether no input could be read: there is nothing to tell, and what an earlier run told stays.
    func conclude(_ rejects: RejectsFile?, _ table: ReportTable?, isEmpty: Bool) throws(ToolError) {
        if Interruption.requested || isEmpty { return }
        try rejects?.commit()
        try table?.commit()
    }

    func table(force: Bool) throws(ToolError) -> ReportTable? {
        guard let report else { return nil }
        return try ReportTable(path: report, replaces: force, forSpreadsheet: forSpreadsheet)
    }
}

/// The values of `--ignore`: what is not part of the claim itself.
enum IgnoredColumn: String, ExpressibleByArgument, CaseIterable {
    case imei, time, tags

    var field: ClaimField {
        switch self {
        case .imei: .imei
        case .time: .time
        case .tags: .tags
        }
    }
}
