import CSV
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake

/// The inputs of a token command as a stream of blocks; memory does not grow with the number of tokens.
struct TokenStream {
    static let expected = Expectation(.tokenFormat, "a token")
    /// About 60 tokens: small enough that the last blocks leave no core idle for long.
    private static let chunkSize = 16_384

    private var inputs: InputQueue
    var passedOver: PassedOver { inputs.passedOver }
    private let format: TokenFormat?
    private var current: Open?

    private enum Open {
        case lines(String, LineChunkReader, TokenFormat)
        case csv(CSVSource)
    }

    private struct CSVSource {
        let name: String
        let file: CSVFile
        var columns: ColumnPlaces?
        /// A header further down, which counts from there on.
        var held: ColumnPlaces?
    }

    init(_ sources: [SourceArgument], filesFrom: String? = nil, format: TokenFormat?) {
        inputs = InputQueue(sources.map(\.input), filesFrom: filesFrom, for: Self.expected)
        self.format = format
    }

    /// The next block, or `nil` at the end of the last source.
    mutating func next() -> TokenChunk? {
        while true {
            if current == nil {
                switch inputs.next() {
                case nil: return nil
                case .text(let text, let position)?: return Self.chunk(of: text, position)
                case .unreadable(let name, let error)?:
                    return TokenChunk(source: name, content: .unreadable(error))
                case .file(let path)?:
                    do throws(ToolError) {
                        current = try open(path)
                        if current == nil {
                            if inputs.isSeveral { throw Self.expected.nothing(in: path) }
                            continue
                        }
                    } catch {
                        return TokenChunk(source: path, content: .unreadable(error))
                    }
                }
            }
            let name = self.name
            do {
                if let chunk = try advance() { return chunk }
                current = nil
            } catch {
                current = nil
                return TokenChunk(source: name, content: .unreadable(error))
            }
        }
    }

    private static func chunk(of text: String, _ position: Int) -> TokenChunk {
        let lines = LineChunk(bytes: Array(text.utf8), firstLine: position, lineCount: 1)
        return TokenChunk(source: "argument", content: .text(lines))
    }

    private var name: String {
        switch current {
        case .lines(let name, _, _): name
        case .csv(let csv): csv.name
        case nil: ""
        }
    }

    /// Opens a source; nil when there is nothing in it.
    private func open(_ path: String) throws(ToolError) -> Open? {
        let reader = try SourceReader(path, for: Self.expected)
        if reader.isBlank { return nil }
        let format = format ?? TokenFormat.detect(reader.head)
        guard format == .csv else {
            return .lines(
                path, LineChunkReader(reader.source, target: Self.chunkSize, head: reader.head), format)
        }
        return .csv(CSVSource(name: path, file: CSVFile(reader.source, head: reader.head)))
    }

    private mutating func advance() throws(ToolError) -> TokenChunk? {
        switch current {
        case .lines(let name, var reader, let format):
            let chunk = try reader.next()
            current = .lines(name, reader, format)
            let passedOver = inputs.passedOver
            return chunk.map { TokenChunk(source: name, content: .lines($0, format), passedOver: passedOver) }
        case .csv(var csv):
            let events = try Self.events(&csv)
            current = .csv(csv)
            return events.map {
                TokenChunk(source: csv.name, content: .rows($0, csv.columns ?? TokenChunk.standardColumns))
            }
        case nil: return nil
        }
    }

    private static func events(_ csv: inout CSVSource) throws(ToolError) -> [CSVReader.Event]? {
        var events: [CSVReader.Event] = []
        if let header = csv.held { csv.columns = header }
        csv.held = nil
        while events.count < 64 {
            guard let event = try csv.file.next() else { break }
            if case .record(let record) = event, let header = try header(record, csv) {
                // One further down, as joined files have, counts from there on.
                if events.isEmpty {
                    csv.columns = header
                    continue
                }
                csv.held = header
                break
            }
            if csv.columns == nil { csv.columns = TokenChunk.standardColumns }
            events.append(event)
        }
        if events.isEmpty, csv.held != nil { return try Self.events(&csv) }
        return events.isEmpty ? nil : events
    }

    /// The columns that a record names; nil when it is a row.
    private static func header(
        _ record: CSVRecord, _ csv: CSVSource
    ) throws(ToolError) -> ColumnPlaces? {
        do throws(ToolError) {
            return try ColumnPlaces(
                header: record, needing: TokenFormat.fields, alike: TokenFormat.fields,
                isFirst: csv.columns == nil)
        } catch {
            throw error.at("file", "\(csv.name.escapedForTerminal):\(record.line)")
        }
    }
}
