import Diagnostics
import InputOutput
import JSON
import ProvisioningCommands

/// `commands validate`: the stream of batches through the pipeline to results.
struct ValidationRun: Sendable {
    let check: BatchCheck
    let isStrict: Bool
    let json: Bool
    let jobs: Int
    let failFast: Bool

    private struct Output: Sendable {
        var bytes: [UInt8] = []
        var tally = Tally()
        var error: ToolError?
    }

    /// Reads everything, writes everything; the tally decides the exit status.
    func run(_ stream: BatchStream, to sink: any ByteSink, console: Console) throws(ToolError) -> Tally {
        var stream = stream
        var tally = Tally()
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: {},
            next: { demand throws(ToolError) in stream.next(demand) },
            process: { _, chunk in process(chunk) },
            deliver: { output throws(ToolError) in
                try sink.write(output.bytes)
                tally += output.tally
                if let error = output.error { console.error(error) }
                console.progress(done: tally.total, failed: tally.bad, unit: "documents")
                return !(failFast && tally.bad > 0)
            })
        try tally.demandInputs(.json, "a batch of commands")
        return tally
    }

    private func process(_ chunk: BatchChunk) -> Output {
        var output = Output()
        chunk.forEachDocument { document, location in
            let report: ValidationReport
            switch document {
            case .success(let document):
                let (found, findings) = check.report(document)
                report = ValidationReport(found, findings, isStrict: isStrict, at: location)
            case .failure(let error): report = ValidationReport(malformed: error, at: location)
            }
            switch report.status {
            case .valid: output.tally.good += 1
            case .invalid: output.tally.rejected += 1
            case .malformed:
                if case .unreadable(let error) = chunk.content { output.error = error }
                if case .unreadable(let error) = chunk.content, error.code == .io {
                    output.tally.unreadable += 1
                } else {
                    output.tally.malformed += 1
                }
            }
            emit(report, &output)
            return !(failFast && output.tally.bad > 0)
        }
        return output
    }

    private func emit(_ report: ValidationReport, _ output: inout Output) {
        guard json else {
            output.bytes += report.text
            return
        }
        var writer = JSONWriter()
        report.write(json: &writer)
        output.bytes += writer.bytes
    }
}
