import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import JSON
import ProvisioningCommands

/// `commands compose --manifest`: the stream of records through the pipeline to batches.
struct ManifestRun: Sendable {
    let manifest: CommandManifest
    let descriptions: CommandDescriptions
    let jobs: Int
    let failFast: Bool

    private struct Output: Sendable {
        var bytes: [UInt8] = []
        var tally = Tally()
        var errors: [ToolError] = []
    }

    /// Throws `usage` if a description fits none of the batches: all of them have the same commands.
    func checkDescriptions(following: [ProvisioningCommand]) throws(ToolError) {
        var commands = [ProvisioningCommand(.clientCertificate(.nrfCloud, content: ""))] + following
        if !following.contains(where: { $0.request == .finished }) {
            commands.append(ProvisioningCommand(.finished))
        }
        _ = try descriptions.apply(to: commands)
    }

    /// Reads everything, writes everything; the tally decides the exit status.
    func run(_ source: SourceReader, to sink: any ByteSink, console: Console) throws(ToolError) -> Tally {
        _ = try source.look()
        var reader = LineChunkReader(source.source)
        var tally = Tally()
        let name = source.name
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: {},
            next: { demand throws(ToolError) in try reader.next(demand) },
            process: { _, chunk in process(chunk, name) },
            deliver: { output throws(ToolError) in
                try sink.write(output.bytes)
                tally += output.tally
                for error in output.errors { console.error(error) }
                console.progress(done: tally.total, failed: tally.bad, unit: "records")
                return !(failFast && tally.bad > 0)
            })
        try tally.demandInputs(.json, "a record of ca issue --json")
        return tally
    }

    private func process(_ chunk: LineChunk, _ name: String) -> Output {
        var output = Output()
        var line = chunk.firstLine - 1
        for text in chunk.bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
            line += 1
            if text.allSatisfy(\.isBlank) { continue }
            let place = "\(name.escapedForTerminal):\(line)"
            do throws(ToolError) {
                if let skipped = try add(text, to: &output) {
                    output.errors.append(skipped.at("file", place))
                }
            } catch {
                output.tally.malformed += 1
                output.errors.append(error.at("file", place))
            }
            if failFast, output.tally.bad > 0 { break }
        }
        return output
    }

    /// Adds the batch of a record; returns why there is none.
    private func add(_ text: ArraySlice<UInt8>, to output: inout Output) throws(ToolError) -> ToolError? {
        let record = try JSONLine.parse(text)
        switch try manifest.batch(fromIssuance: record) {
        case .batch(var batch):
            batch.commands = try descriptions.apply(to: batch.commands)
            output.bytes += batch.json.compact()
            output.bytes.append(0x0a)
            output.tally.good += 1
            return nil
        case .skipped(let device, let reason):
            output.tally.rejected += 1
            let name = device.map { "device \($0.escapedForTerminal)" } ?? "a record"
            return ToolError(Self.code(of: record), "skipped \(name): \(reason.escapedForTerminal)")
        }
    }

    /// The reason code that the record gives for having no certificate.
    private static func code(of record: JSONValue) -> ErrorCode {
        let text = record["failures"]?.arrayValue?.first?["code"]?.stringValue
        return text.flatMap { ErrorCode(rawValue: $0) } ?? .command
    }
}

/// One line of JSON Lines.
enum JSONLine {
    /// Throws `json` for anything but one JSON text, and for a line that the reader had to cut.
    static func parse(_ text: ArraySlice<UInt8>) throws(ToolError) -> JSONValue {
        guard text.count <= LineChunkReader.lineLimit else {
            throw ToolError(.json, "expected lines of at most \(LineChunkReader.lineLimit) bytes")
        }
        do {
            return try JSONValue(parsing: text)
        } catch {
            let place = error.line > 0 ? " (column \(error.column))" : ""
            throw ToolError(
                error.toolError.code, error.message + place,
                hint: goesOn(text) ? "one record stands on one line: jq -c . FILE rewrites it so" : nil)
        }
    }

    /// Whether it begins what is written over several lines.
    private static func goesOn(_ text: ArraySlice<UInt8>) -> Bool {
        ["{", "["].contains(String(decoding: text.trimmed, as: UTF8.self))
    }
}
