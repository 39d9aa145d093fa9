import CBOR
import Diagnostics
import InputOutput
import JSON
import ProvisioningCommands

/// `commands decode`: the stream of messages through the pipeline to results.
struct DecodingRun: Sendable {
    let isDiagnostic: Bool
    /// Whether results carry attestation tokens.
    let reveals: Bool
    /// A result for each message, also for those that cannot be read, each on one line.
    let json: Bool
    let jobs: Int
    let failFast: Bool

    private struct Output: Sendable {
        var results: [MessageReport] = []
        var tally = Tally()
        var errors: [ToolError] = []
        var withheld = 0
    }

    /// Reads everything, writes everything; the tally decides the exit status.
    func run(_ stream: MessageStream, to sink: any ByteSink, console: Console) throws(ToolError) -> Tally {
        var stream = stream
        var tally = Tally()
        var withheld = 0
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: {},
            next: { demand throws(ToolError) in stream.next(demand) },
            process: { _, chunk in process(chunk) },
            deliver: { output throws(ToolError) in
                var bytes: [UInt8] = []
                for report in output.results {
                    if isDiagnostic, !json, let notation = report.diagnostic {
                        bytes += Array(notation.utf8) + [0x0a]
                    } else {
                        bytes += sink.text(of: report.json, isOnOneLine: json)
                    }
                }
                try sink.write(bytes)
                tally += output.tally
                withheld += output.withheld
                for error in output.errors { console.error(error) }
                console.progress(done: tally.total, failed: tally.bad, unit: "messages")
                return !(failFast && tally.bad > 0)
            })
        try tally.demandInputs(.cbor, "CBOR")
        if withheld > 0 {
            let tokens = withheld == 1 ? "token was" : "tokens were"
            console.note("assay: note: \(withheld) attestation \(tokens) withheld (--reveal)")
        }
        return tally
    }

    private func process(_ chunk: MessageChunk) -> Output {
        var output = Output()
        chunk.forEachMessage { bytes, location in
            do throws(ToolError) {
                let bytes = try bytes.get()
                let content = try content(bytes)
                let report = MessageReport(location: location, size: bytes.count, content: content)
                output.results.append(report)
                output.withheld += report.withheld
                output.tally.good += 1
            } catch {
                let isUnreadable = if case .unreadable = chunk.content { true } else { false }
                if isUnreadable, error.code == .io {
                    output.tally.unreadable += 1
                } else {
                    output.tally.malformed += 1
                }
                if json {
                    let report = MessageReport(location: location, size: nil, content: .failure(error))
                    output.results.append(report)
                }
                if isUnreadable {
                    output.errors.append(error)
                } else if !json {
                    let place = "\(location.source.escapedForTerminal):\(location.line)"
                    output.errors.append(error.at("file", place))
                }
            }
            return !(failFast && output.tally.bad > 0)
        }
        return output
    }

    private func content(_ bytes: [UInt8]) throws(ToolError) -> MessageReport.Content {
        guard isDiagnostic else {
            switch try DeviceMessage(cbor: bytes) {
            case .commands(let commands): return .commands(ReceivedCommand.fold(commands))
            case .responses(let responses):
                return .responses(responses.map { ResponseReport($0, reveals: reveals) })
            }
        }
        do {
            return .diagnostic(try CBORDecoder(.general).decode(bytes).diagnosticNotation)
        } catch {
            throw ToolError(.cbor, error.message)
        }
    }
}
