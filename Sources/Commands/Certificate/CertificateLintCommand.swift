import ArgumentParser
import CertificateAuthority
import Diagnostics
import InputOutput
import Intake
import JSON
import PKIX

/// `assay cert lint`
struct CertificateLintCommand: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Hold certificates against RFC 5280 and a profile.",
        discussion: """
            Reads each certificate and names every rule that it breaks: the checks that assay ca issue makes before it \
            signs, for a certificate from anywhere. With --profile also the profile's rules, from profiles.json in the \
            folder of --ca, or the built-in profiles without it. With --ca also whether that CA issued it. Nothing is \
            said about trust: that is for assay cert verify. Exit status 0: no errors, warnings there may be. 1: errors. \
            4: malformed. 3: some of several.
            """)

    @Argument(help: .init("Files of certificates, or - for standard input.", valueName: "file"))
    var files: [String] = []

    @OptionGroup var list: InputListOptions

    @Option(help: .init("The profile that the certificates should keep.", valueName: "name"))
    var profile: String?

    @Option(
        help: .init(
            "The CA that should have issued them: its folder or its certificate in PEM.", valueName: "path"))
    var ca: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var file: FileOptions
    @OptionGroup var batch: BatchOptions

    private final class Worker {
        var writer = JSONWriter(reservingCapacity: 65_536)
    }

    private struct Output: Sendable {
        var bytes: [UInt8] = []
        var tally = Tally()
        var error: ToolError?
    }

    func validate() throws { try list.demandInputs(files) }

    func run(in environment: Environment) throws -> ExitStatus {
        let console = output.console
        let examiner = try examiner()
        let sink = try file.sink()
        var stream = CertificateStream(files, filesFrom: list.filesFrom)
        var tally = Tally()
        let (json, failFast, name) = (output.json, batch.failFast, profile)
        try OrderedPipeline.run(
            jobs: batch.jobs ?? environment.defaultJobs,
            makeWorker: { () throws(ToolError) in Worker() },
            next: { demand throws(ToolError) in stream.next(demand) },
            process: { Self.process($1, $0, examiner, profile: name, json: json, failFast: failFast) },
            deliver: { output throws(ToolError) in
                try sink.write(output.bytes)
                tally += output.tally
                if let error = output.error { console.error(error) }
                console.progress(done: tally.total, failed: tally.bad, unit: "certificates")
                return !(failFast && tally.bad > 0)
            })
        try file.conclude(sink, isEmpty: tally.hasReadNothing, console)
        console.note(tally.summary(unit: "certificate", good: "without errors") + stream.passedOver.note)
        return tally.exitStatus
    }

    private func examiner() throws(ToolError) -> CertificateExaminer {
        let authority = try ca.map { path throws(ToolError) in try TrustedAuthority.read(path) }
        guard let profile else { return CertificateExaminer(authority: authority) }
        let profiles =
            try ca.map { path throws(ToolError) in try TrustedAuthority.profiles(path) } ?? .standard
        return CertificateExaminer(profile: try profiles.named(profile), authority: authority)
    }

    private static func process(
        _ chunk: CertificateChunk, _ worker: Worker, _ examiner: CertificateExaminer, profile: String?,
        json: Bool, failFast: Bool
    ) -> Output {
        var output = Output()
        worker.writer.removeAll()
        for item in chunk.items {
            if case .unreadable(let error) = item { output.error = error }
            var report = report(item, chunk, examiner)
            report.profile = profile
            report.count(in: &output.tally)
            if json {
                report.write(json: &worker.writer)
            } else {
                output.bytes += report.text
            }
            if failFast, output.tally.bad > 0 { break }
        }
        if json { output.bytes = worker.writer.bytes }
        return output
    }

    private static func report(
        _ item: CertificateChunk.Item, _ chunk: CertificateChunk, _ examiner: CertificateExaminer
    ) -> LintReport {
        switch item {
        case .unreadable(let error): return malformed(chunk, 1, CheckFailure(error.code, error.message))
        case .malformed(let line, let failure): return malformed(chunk, line, failure)
        case .der: return report(chunk.bytes, chunk, 1, examiner)
        case .block(let block):
            do throws(PEMError) {
                return report(try block.decode(in: chunk.bytes), chunk, block.line, examiner)
            } catch {
                return malformed(chunk, error.line, CheckFailure(.pem, error.reason))
            }
        }
    }

    private static func report(
        _ der: [UInt8], _ chunk: CertificateChunk, _ line: Int, _ examiner: CertificateExaminer
    ) -> LintReport {
        do throws(DERError) {
            let reading = try CertificateReading(certificate: der)
            return LintReport(
                location: InputLocation(chunk.source, line: line), certificate: reading,
                findings: examiner.findings(in: reading))
        } catch {
            return malformed(chunk, line, error.checkFailure)
        }
    }

    private static func malformed(
        _ chunk: CertificateChunk, _ line: Int, _ failure: CheckFailure
    ) -> LintReport {
        LintReport(location: InputLocation(chunk.source, line: line), failures: [failure])
    }
}
