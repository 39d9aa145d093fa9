import ArgumentParser
import Diagnostics
import InputOutput
import Intake
import JSON
import OpenSSL
import PKIX

/// `assay cert inspect`
struct CertificateInspect: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Decode certificates without verifying them.",
        discussion: """
            Prints what each certificate says: names, validity, key, usages, identifiers, digests. Nothing of it is \
            verified. Takes DER, and PEM with one or many certificates. Other PEM blocks, such as private keys, \
            are passed over and never printed.
            """)

    @Argument(help: .init("Files of certificates, or - for standard input.", valueName: "file"))
    var files: [String] = []

    @OptionGroup var list: InputListOptions

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
        let sink = try file.sink()
        var stream = CertificateStream(files, filesFrom: list.filesFrom)
        var tally = Tally()
        let json = output.json
        let failFast = batch.failFast
        try OrderedPipeline.run(
            jobs: batch.jobs ?? environment.defaultJobs,
            makeWorker: { () throws(ToolError) in Worker() },
            next: { demand throws(ToolError) in stream.next(demand) },
            process: { Self.process($1, $0, json: json, failFast: failFast) },
            deliver: { output throws(ToolError) in
                try sink.write(output.bytes)
                tally += output.tally
                if let error = output.error { console.error(error) }
                console.progress(done: tally.total, failed: tally.bad, unit: "certificates")
                return !(failFast && tally.bad > 0)
            })
        try file.conclude(sink, isEmpty: tally.hasReadNothing, console)
        console.note(tally.summary(unit: "certificate", good: "decoded") + stream.passedOver.note)
        return tally.exitStatus
    }

    private static func process(
        _ chunk: CertificateChunk, _ worker: Worker, json: Bool, failFast: Bool
    ) -> Output {
        var output = Output()
        worker.writer.removeAll()
        for item in chunk.items {
            if case .unreadable(let error) = item { output.error = error }
            let report = report(item, chunk)
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

    private static func report(_ item: CertificateChunk.Item, _ chunk: CertificateChunk) -> CertificateReport
    {
        switch item {
        case .unreadable(let error):
            return malformed(chunk, 1, CheckFailure(error.code, error.message))
        case .malformed(let line, let failure): return malformed(chunk, line, failure)
        case .der: return report(chunk.bytes, chunk, 1)
        case .block(let block):
            do throws(PEMError) {
                return report(try block.decode(in: chunk.bytes), chunk, block.line)
            } catch {
                return malformed(chunk, error.line, CheckFailure(.pem, error.reason))
            }
        }
    }

    private static func report(_ der: [UInt8], _ chunk: CertificateChunk, _ line: Int) -> CertificateReport {
        switch X509Certificate.read(der: der) {
        case .success(let certificate):
            CertificateReport(
                location: InputLocation(chunk.source, line: line), certificate: certificate,
                verdict: .unverified)
        case .failure(let failure): malformed(chunk, line, failure)
        }
    }

    private static func malformed(
        _ chunk: CertificateChunk, _ line: Int, _ failure: CheckFailure
    ) -> CertificateReport {
        CertificateReport(
            location: InputLocation(chunk.source, line: line), verdict: .malformed,
            failures: [failure])
    }
}
