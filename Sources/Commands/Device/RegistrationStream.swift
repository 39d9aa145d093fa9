import Batches
import CSV
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake

/// The inputs of an import as a stream of blocks; memory does not grow with their number.
struct RegistrationStream: YieldingSource {
    static let expected = Expectation(.csv, "rows of devices", form: .lines)

    private static let recordsPerBlock = 64

    enum Open {
        /// Too little of it has come to tell its form.
        case unread(SourceReader)
        case csv(CSVFile, RegistrationColumns?)
        case lines(LineChunkReader)
        case log(LineChunkReader, IdentityTranscript)
    }

    var inputs: InputQueue
    private let delimiter: CSVDelimiter?
    /// Whether the table that is read had a header.
    private var hasHeader = false
    /// What results call the current input.
    private var source = SourceName("")
    var name: String { source.text }
    var current: Open?
    /// Whether anything that the current source holds was a row.
    var yield = SourceYield()
    /// What ends the reading of the current input, once the rows before it are passed on.
    private var failure: ToolError?

    /// - Parameter delimiter: of tables; where one is given, every input is a table.
    init(_ paths: [String], filesFrom: String?, delimiter: CSVDelimiter? = nil) {
        self.delimiter = delimiter
        inputs = InputQueue(paths.map { .file($0) }, filesFrom: filesFrom, for: Self.expected)
    }

    /// The next block.
    mutating func next(_ demand: InputDemand) -> Arrival<RegistrationChunk> {
        while true {
            do throws(ToolError) {
                if current == nil {
                    switch inputs.next(demand) {
                    case .nothingYet: return .nothingYet
                    case .end: return .end
                    case .value(.text(let path, _)), .value(.file(let path)):
                        source = SourceName(path)
                        current = .unread(try SourceReader(path, for: Self.expected, meter: inputs.meter))
                    case .value(.unreadable(let path, let error)):
                        source = SourceName(path)
                        throw error
                    }
                }
                let arrival = try advance(demand)
                switch arrival {
                case .nothingYet: return .nothingYet
                case .value(let content):
                    yield.note(holds: content.holdsRow)
                    return .value(chunk(content))
                case .end:
                    try endCurrent()
                }
            } catch {
                dropCurrent()
                return .value(chunk(.unreadable(error)))
            }
        }
    }

    private func chunk(_ content: RegistrationChunk.Content) -> RegistrationChunk {
        RegistrationChunk(source: source, content: content)
    }

    private mutating func advance(_ demand: InputDemand) throws(ToolError) -> Arrival<
        RegistrationChunk.Content
    > {
        if let failure {
            self.failure = nil
            throw failure
        }
        // The enum's copy has to go, or every change of a reader's buffer would copy it.
        let open = current
        current = nil
        switch open {
        case .unread(let source):
            current = open
            guard let head = try source.look(demand, isEnough: RegistrationForm.isDecided).value else {
                return .nothingYet
            }
            if head.isBlank {
                if inputs.isSeveral { throw Self.expected.nothing(in: name) }
                return .end
            }
            hasHeader = false
            current = form(of: source, head)
            return try advance(demand)
        case .csv(let file, var columns):
            let events = try file.nextBlock(of: Self.recordsPerBlock, demand)
            let content = events.map { records($0, &columns) }
            current = .csv(file, columns)
            return content
        case .lines(var lines):
            let chunk = try lines.next(demand)
            current = .lines(lines)
            return chunk.map { .objects($0) }
        case .log(var lines, var transcript):
            let chunk = try lines.next(demand)
            if let lines = chunk.value { yield.note(holds: false, refusal: ModemRefusal(in: lines)) }
            let content = chunk.map { findings($0, &transcript) }
            // The device at the end of a log that was cut.
            let rest = if case .end = chunk { transcript.finish() } else { [IdentityTranscript.Finding]() }
            current = .log(lines, transcript)
            return rest.isEmpty ? content : .value(.findings(rest))
        case nil: return .end
        }
    }

    private func form(of source: SourceReader, _ head: SourceHead) -> Open {
        var form = delimiter == nil ? RegistrationForm.detect(head.bytes) : .rows
        if form == nil, LineCensus(head.bytes, needing: [.uuid]).isModemLog { form = .log }
        return switch form {
        case .objects: .lines(LineChunkReader(source.source))
        case .log: .log(LineChunkReader(source.source), IdentityTranscript())
        case .rows, nil:
            .csv(CSVFile(source.source, delimiter: delimiter, passedOver: inputs.passedOver), nil)
        }
    }

    /// The records with their columns, headers left out.
    private mutating func records(
        _ events: [CSVReader.Event], _ columns: inout RegistrationColumns?
    ) -> RegistrationChunk.Content {
        var records: [(event: CSVReader.Event, columns: RegistrationColumns?)] = []
        records.reserveCapacity(events.count)
        for event in events {
            guard case .record(let record) = event else {
                records.append((event, nil))
                continue
            }
            do throws(ToolError) {
                // One further down, as joined files have, counts from there on.
                if let header = try RegistrationColumns(header: record, isFirst: columns == nil) {
                    inputs.passedOver.add(columns: header.unread)
                    if hasHeader { passedOver.addHeader() }
                    hasHeader = true
                    columns = header
                    continue
                }
            } catch {
                failure = error.at("file", "\(name.escapedForTerminal):\(record.line)")
                break
            }
            if columns == nil { columns = RegistrationColumns(first: record) }
            guard let known = columns else {
                failure = unknownColumns(record)
                break
            }
            records.append((event, known))
        }
        return .records(records)
    }

    private func unknownColumns(_ record: CSVRecord) -> ToolError {
        let place = ToolError.Context("file", "\(name.escapedForTerminal):\(record.line)")
        if let failure = record.delimiterFailure {
            return ToolError(failure.code, failure.message, context: [place], hint: failure.hint)
        }
        return ToolError(
            .csv, "expected a header that names uuid, or rows of imei,uuid,token,time or uuid,spkiBase64",
            context: [place], hint: "put a header line before the rows: uuid,imei,spkiBase64")
    }

    private func findings(
        _ chunk: LineChunk, _ transcript: inout IdentityTranscript
    ) -> RegistrationChunk.Content {
        var findings: [IdentityTranscript.Finding] = []
        chunk.forEachLine { line, number in
            if line.count > LineChunkReader.lineLimit {
                findings += transcript.skip(number)
            } else if let found = transcript.take(line, number: number) {
                findings += found
            } else if !line.allSatisfy(\.isBlank) {
                passedOver.add(lines: 1)
            }
            return true
        }
        return .findings(findings)
    }
}
