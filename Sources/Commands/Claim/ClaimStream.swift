import Batches
import CSV
import Claims
import Diagnostics
import InputOutput
import Intake

/// A block of claim rows from one source.
struct ClaimChunk: Sendable {
    enum Content: Sendable {
        case rows([CSVFile.Item], ClaimLayout)
        case lines(LineChunk, ClaimFormat)
        case found([ClaimRow])
        /// More bytes of the row in front, which is too long to be had in one piece.
        case rest([UInt8])
        /// The source could not be read.
        case unreadable(ToolError)
    }

    /// The number of the source, from 0.
    let source: Int
    let content: Content
    let shape: RejectShape
    /// Whether nobody said how the source is written: a line of another shape is then read by its shape.
    let isGuessed: Bool

    /// Whether there is a row in the block.
    var holdsRow: Bool {
        switch content {
        case .rows(let items, _): !items.isEmpty
        case .found(let rows): !rows.isEmpty
        case .lines(let lines, _): !lines.bytes.allSatisfy(\.isBlank)
        case .rest, .unreadable: true
        }
    }
}

/// What the rows of a source look like: rows of one file of rejects have one shape, or a header between them.
struct RejectShape: Sendable, Equatable {
    let format: ClaimFormat
    /// The header as written; nil for a file without one.
    var header: [UInt8]?
    /// The first line as written, where it declared the delimiter.
    var declaration: [UInt8] = []
    /// Whether rows are `token` or `token,tags`, for which no header can be written.
    var isBody = false
}

/// The inputs of a claim command as a stream of blocks; memory does not grow with the number of rows.
struct ClaimStream: QueuedSource {
    private static let chunkSize = 32_768
    static let expected = Expectation(.csv, "a row with a token", form: .lines)

    var inputs: InputQueue
    /// What reports call the sources; a token that is an argument of its own is not told.
    let names: SourceNames
    private let format: ClaimFormat?
    private let delimiter: CSVDelimiter?
    private let keepsRests: Bool
    /// Whether anything that the current source holds was a row.
    private var yield = SourceYield()
    /// The number of the source that is read.
    private var source = 0
    private var current: Open?
    /// Outputs of `%KEYGEN` in modem logs, which are no rows; one count for all copies of the stream.
    let keyOutputs = KeyOutputCount()

    private enum Open {
        /// Too little of it has come to tell its form.
        case unread(SourceReader)
        case lines(LineChunkReader, ClaimFormat)
        case log(LineChunkReader, ModemTranscript)
        case csv(ClaimTable)
    }

    /// - Parameter keepsRests: whether somebody wants the whole of lines that are too long.
    /// - Parameter delimiter: of tables; where one is given, every input is a table.
    init(_ queue: InputQueue, format: ClaimFormat?, delimiter: CSVDelimiter? = nil, keepsRests: Bool) {
        self.delimiter = delimiter
        inputs = queue
        names = SourceNames(several: queue.isSeveral)
        self.format = delimiter == nil ? format : .csv
        self.keepsRests = keepsRests
    }

    /// The next block.
    mutating func next(_ demand: InputDemand) -> Arrival<ClaimChunk> {
        while true {
            var input: InputQueue.Input?
            if current == nil {
                switch inputs.next(demand) {
                case .nothingYet: return .nothingYet
                case .end: return .end
                case .value(let next): input = next
                }
            }
            do throws(ToolError) {
                if let input {
                    source = names.append(input.name)
                    switch input {
                    case .unreadable(_, let error): throw error
                    case .file(let path):
                        current = .unread(try SourceReader(path, for: Self.expected, meter: inputs.meter))
                    case .text(let text, _):
                        let line = LineChunk(bytes: Array(text.utf8), firstLine: 1, lineCount: 1)
                        return .value(chunk(.lines(line, .lines), RejectShape(format: .lines)))
                    }
                }
                let arrival = try advance(demand)
                switch arrival {
                case .nothingYet: return arrival
                case .value(let chunk):
                    yield.note(holds: chunk.holdsRow)
                    return arrival
                case .end:
                    current = nil
                    try yield.end(Self.expected, in: names[source].text, isOneOfSeveral: names.areSeveral)
                }
            } catch {
                current = nil
                yield.reset()
                return .value(chunk(.unreadable(error), RejectShape(format: format ?? .csv)))
            }
        }
    }

    private func chunk(_ content: ClaimChunk.Content, _ shape: RejectShape) -> ClaimChunk {
        ClaimChunk(source: source, content: content, shape: shape, isGuessed: format == nil)
    }

    /// Tells the form of a source by its beginning.
    private func form(of reader: SourceReader, _ head: SourceHead) -> Open {
        let format = format ?? ClaimFormat.detect(head.bytes)
        if format == .csv {
            return .csv(
                ClaimTable(
                    CSVFile(
                        reader.source, delimiter: delimiter, keepsMalformed: true,
                        passedOver: inputs.passedOver), inputs.passedOver))
        }
        let lines = LineChunkReader(reader.source, target: Self.chunkSize, keepsRests: keepsRests)
        return format == .modemLog ? .log(lines, ModemTranscript()) : .lines(lines, format)
    }

    private mutating func advance(_ demand: InputDemand) throws(ToolError) -> Arrival<ClaimChunk> {
        switch current {
        case .unread(let reader):
            let isEnough = format == nil ? ClaimFormat.isDecided : ByteSource.hasWholeLine
            guard let head = try reader.look(demand, isEnough: isEnough).value else { return .nothingYet }
            if head.isBlank, names.areSeveral { throw Self.expected.nothing(in: reader.name) }
            current = form(of: reader, head)
            return try advance(demand)
        case .lines(var reader, let format):
            let lines = try reader.next(demand)
            current = .lines(reader, format)
            return lines.map {
                chunk($0.isRest ? .rest($0.bytes) : .lines($0, format), RejectShape(format: format))
            }
        case .log(var reader, var transcript):
            let before = transcript.keyOutputs
            let lines = try reader.next(demand)
            var rows: [ClaimRow] = []
            if let lines = lines.value, !lines.isRest {
                yield.note(holds: false, refusal: ModemRefusal(in: lines))
                lines.forEachLine { line, number in
                    let found = transcript.rows(line, number: number)
                    if found.isEmpty, !line.allSatisfy(\.isBlank) { inputs.passedOver.add(lines: 1) }
                    rows += found
                    return true
                }
            }
            keyOutputs.number += transcript.keyOutputs - before
            current = .log(reader, transcript)
            return lines.map {
                chunk($0.isRest ? .rest($0.bytes) : .found(rows), RejectShape(format: .modemLog))
            }
        case .csv(let table):
            return try table.next(demand).map { block in
                let isBody = block.header == nil && block.layout.isBody
                return chunk(
                    .rows(block.items, block.layout),
                    RejectShape(
                        format: .csv, header: block.header, declaration: block.declaration, isBody: isBody))
            }
        case nil: return .end
        }
    }
}

/// How many outputs of `%KEYGEN` a run passed over.
final class KeyOutputCount {
    var number = 0
}

/// The records of a CSV file in blocks under one layout each.
private final class ClaimTable {
    private static let rowsPerBlock = 128

    private let file: CSVFile
    private let passedOver: PassedOver
    private var layout: ClaimLayout?
    private var header: [UInt8]?
    private var held: CSVFile.Item?
    /// Records that came before nothing more was at hand.
    private var items: [CSVFile.Item] = []

    /// - Parameter passedOver: counts headers further down.
    init(_ file: CSVFile, _ passedOver: PassedOver) {
        self.file = file
        self.passedOver = passedOver
    }

    typealias Block = (items: [CSVFile.Item], layout: ClaimLayout, header: [UInt8]?, declaration: [UInt8])

    /// The next records, headers left out. A header in the middle, as `cat` leaves them, ends a block and counts from
    /// there on.
    func next(_ demand: InputDemand) throws(ToolError) -> Arrival<Block> {
        gather: while items.count < Self.rowsPerBlock {
            switch try take(items.isEmpty ? demand : demand.withoutWaiting) {
            case .end:
                if items.isEmpty { return .end }
                break gather
            case .nothingYet:
                if items.isEmpty || demand == .full { return .nothingYet }
                break gather
            case .value(let item):
                guard case .record(let record) = item else {
                    items.append(item)
                    // Pieces are large; a block of many would cost memory for every core.
                    if case .rest = item { break gather }
                    continue
                }
                if let named = ClaimLayout(header: record, isFirst: layout == nil) {
                    if !items.isEmpty {
                        held = item
                        break gather
                    }
                    if header != nil { passedOver.addHeader() }
                    layout = named
                    header = record.raw
                    // Nobody could tell which row is missing if the line that spoils all were not reported.
                    if named.isUnusable { items.append(item) }
                    continue
                }
                if layout == nil { layout = .inferred(from: record) }
                items.append(item)
            }
        }
        defer { items = [] }
        return .value((items, layout ?? .utilities, header, file.declaration))
    }

    private func take(_ demand: InputDemand) throws(ToolError) -> Arrival<CSVFile.Item> {
        guard let item = held else { return try file.nextItem(demand) }
        held = nil
        return .value(item)
    }
}

extension InputQueue.Input {
    /// What results call it.
    var name: SourceName {
        switch self {
        case .file(let path), .unreadable(let path, _): SourceName(path)
        case .text: SourceName("argument")
        }
    }
}
