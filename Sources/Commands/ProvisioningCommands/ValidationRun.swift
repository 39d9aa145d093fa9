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
            next: { () throws(ToolError) in stream.next() },
            process: { _, chunk in process(chunk) },
            deliver: { output throws(ToolError) in
                try sink.write(output.bytes)
                tally += output.tally
                if let error = output.error { console.error(error) }
                console.progress(done: tally.total, failed: tally.bad, unit: "documents")
                return !(failFast && tally.bad > 0)
            })
        return tally
    }

    private func process(_ chunk: BatchChunk) -> Output {
        var output = Output()
        switch chunk.content {
        case .unreadable(let error):
            output.error = error
            output.tally.unreadable += 1
            let location = InputLocation(source: chunk.source, line: 1)
            emit(ValidationReport(malformed: error, at: location), &output)
        case .document(let text):
            add(text[...], InputLocation(source: chunk.source, line: 1), isLine: false, &output)
        case .lines(let lines):
            var number = lines.firstLine - 1
            for line in lines.bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
                number += 1
                if line.allSatisfy(\.isBlank) { continue }
                add(line, InputLocation(source: chunk.source, line: number), isLine: true, &output)
                if failFast, output.tally.bad > 0 { break }
            }
        }
        return output
    }

    private func add(
        _ text: ArraySlice<UInt8>, _ location: InputLocation, isLine: Bool, _ output: inout Output
    ) {
        let report: ValidationReport
        do throws(ToolError) {
            let document = try isLine ? JSONLine.parse(text) : Self.parse(text)
            let (found, findings) = check.report(document)
            report = ValidationReport(found, findings, isStrict: isStrict, at: location)
        } catch {
            report = ValidationReport(malformed: error, at: location)
        }
        switch report.status {
        case .valid: output.tally.good += 1
        case .invalid: output.tally.rejected += 1
        case .malformed: output.tally.malformed += 1
        }
        emit(report, &output)
    }

    private static func parse(_ text: ArraySlice<UInt8>) throws(ToolError) -> JSONValue {
        do {
            return try JSONValue(parsing: text)
        } catch {
            let place = error.line > 0 ? " (line \(error.line), column \(error.column))" : ""
            throw ToolError(error.toolError.code, error.message + place)
        }
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
