import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import ProvisioningCommands

/// `commands encode`: the stream of batches through the pipeline to encodings.
struct EncodingRun: Sendable {
    /// What is written for each batch.
    enum Form: Sendable {
        case binary, hex, json
    }

    let form: Form
    /// That of all correlation ids; random for each batch when nil.
    let uuid: DeviceUUID?
    let first: UInt32
    let jobs: Int
    let failFast: Bool

    /// Findings that are said to people; the batches of a fleet have the same ones over and over.
    private static let noteLimit = 20

    private struct Output: Sendable {
        var bytes: [UInt8] = []
        var tally = Tally()
        var errors: [ToolError] = []
        var notes: [String] = []
    }

    /// Reads everything, writes everything; the tally decides the exit status.
    ///
    /// Throws `usage` for a second batch in binary form, before anything is written.
    func run(_ stream: BatchStream, to sink: any ByteSink, console: Console) throws(ToolError) -> Tally {
        var stream = stream
        var tally = Tally()
        var held: [UInt8] = []
        var notes = 0
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: {},
            next: { demand throws(ToolError) in stream.next(demand) },
            process: { _, chunk in process(chunk) },
            deliver: { output throws(ToolError) in
                tally += output.tally
                if form == .binary {
                    guard tally.good <= 1 else {
                        throw ToolError(
                            .usage, "expected one batch to write as bytes, found several",
                            hint: "--hex and --json write one a line")
                    }
                    held += output.bytes
                } else {
                    try sink.write(output.bytes)
                }
                for error in output.errors { console.error(error) }
                for note in output.notes.prefix(max(0, Self.noteLimit - notes)) { console.note(note) }
                notes += output.notes.count
                console.progress(done: tally.total, failed: tally.bad, unit: "documents")
                return !(failFast && tally.bad > 0)
            })
        try tally.demandInputs(.json, "a batch of commands")
        if notes > Self.noteLimit {
            console.note("assay: note: \(notes - Self.noteLimit) more findings (--json has all)")
        }
        if !held.isEmpty { try sink.write(held) }
        return tally
    }

    private func process(_ chunk: BatchChunk) -> Output {
        var output = Output()
        chunk.forEachDocument { document, location in
            let place = "\(location.source.escapedForTerminal):\(location.line)"
            do throws(ToolError) {
                let document = try document.get()
                switch try BatchEncoding.encode(document, series: try series()) {
                case .success(let encoding):
                    output.tally.good += 1
                    emit(encoding, document, location, &output)
                    if form != .json {
                        output.notes += encoding.findings.map { finding in
                            "assay: \(finding.severity.rawValue): \(place): \(finding.path): "
                                + finding.message.escapedForTerminal
                        }
                    }
                case .failure(let finding):
                    output.tally.rejected += 1
                    fail("rejected", finding.toolError, location, &output)
                }
            } catch {
                if case .unreadable = chunk.content {
                    if error.code == .io { output.tally.unreadable += 1 } else { output.tally.malformed += 1 }
                    output.errors.append(error)
                    if form == .json { fail("malformed", error, location, &output) }
                } else if error.exitStatus == .rejected {
                    // The counter ran out.
                    output.tally.rejected += 1
                    fail("rejected", error, location, &output)
                } else {
                    output.tally.malformed += 1
                    fail("malformed", error, location, &output)
                }
            }
            return !(failFast && output.tally.bad > 0)
        }
        return output
    }

    private func series() throws(ToolError) -> CorrelationSeries {
        if let uuid { return CorrelationSeries(uuid: uuid, first: first) }
        return CorrelationSeries(uuid: try RandomUUID.make(), first: first)
    }

    // MARK: Results

    private func emit(
        _ encoding: BatchEncoding, _ document: JSONValue, _ location: InputLocation, _ output: inout Output
    ) {
        let cbor = encoding.cbor
        switch form {
        case .binary: output.bytes += cbor
        case .hex: output.bytes += Array(Hex.encode(cbor).utf8) + [0x0a]
        case .json:
            var writer = JSONWriter()
            begin("encoded", location, &writer)
            if let device = document["deviceUuid"]?.stringValue.flatMap({ try? DeviceUUID(text: $0) }) {
                writer.key("deviceUuid")
                writer.string(device.description)
            }
            writer.key("correlationIds")
            writer.beginArray()
            for id in encoding.correlationIDs { writer.string(id) }
            writer.endArray()
            writer.key("records")
            writer.integer(Int64(encoding.records.count))
            writer.key("size")
            writer.integer(Int64(cbor.count))
            writer.key("cbor")
            writer.hex(cbor)
            writer.key("findings")
            writer.beginArray()
            for finding in encoding.findings { finding.write(to: &writer) }
            writer.endArray()
            writer.endObject()
            writer.newline()
            output.bytes += writer.bytes
        }
    }

    /// A result for programs, an error for people.
    private func fail(
        _ status: StaticString, _ error: ToolError, _ location: InputLocation, _ output: inout Output
    ) {
        guard form == .json else {
            output.errors.append(error.at("file", "\(location.source.escapedForTerminal):\(location.line)"))
            return
        }
        var writer = JSONWriter()
        begin(status, location, &writer)
        writer.key("failures")
        writer.failures([CheckFailure(error.code, error.message)])
        writer.endObject()
        writer.newline()
        output.bytes += writer.bytes
    }

    private func begin(_ status: StaticString, _ location: InputLocation, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("schema")
        writer.string(ascii: "assay.encoded-batch/1")
        writer.input(location)
        writer.key("status")
        writer.string(ascii: status)
    }
}
