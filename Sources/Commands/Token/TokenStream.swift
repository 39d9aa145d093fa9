import CSV
import Diagnostics
import InputOutput

/// The inputs of a token command as a stream of blocks; memory does not grow with the number of tokens.
struct TokenStream {
    /// About 60 tokens: small enough that the last blocks leave no core idle for long.
    private static let chunkSize = 16_384
    /// How far `auto` looks.
    private static let headSize = 65_536

    private var remaining: ArraySlice<SourceArgument>
    private let format: TokenFormat?
    private var current: Open?

    private enum Open {
        /// Too little of it has come to tell its form.
        case unread(ByteSource)
        case lines(String, LineChunkReader, TokenFormat)
        case csv(CSVSource)
    }

    private struct CSVSource {
        let name: String
        let file: CSVFile
        var columns: TokenColumns?
    }

    init(_ sources: [SourceArgument], format: TokenFormat?) {
        remaining = sources[...]
        self.format = format
    }

    /// The next block.
    mutating func next(_ demand: InputDemand) -> Arrival<TokenChunk> {
        while true {
            if current == nil {
                guard let argument = remaining.popFirst() else { return .end }
                switch argument {
                case .text(let text, let position): return .value(Self.chunk(of: text, position))
                case .file(let path):
                    do {
                        current = .unread(try ByteSource(path: path))
                    } catch {
                        return .value(TokenChunk(source: path, content: .unreadable(error)))
                    }
                }
            }
            let name = self.name
            do {
                let arrival = try advance(demand)
                if case .end = arrival { current = nil } else { return arrival }
            } catch {
                current = nil
                return .value(TokenChunk(source: name, content: .unreadable(error)))
            }
        }
    }

    private static func chunk(of text: String, _ position: Int) -> TokenChunk {
        let lines = LineChunk(bytes: Array(text.utf8), firstLine: position, lineCount: 1)
        return TokenChunk(source: "argument", content: .text(lines))
    }

    private var name: String {
        switch current {
        case .unread(let source): source.name
        case .lines(let name, _, _): name
        case .csv(let csv): csv.name
        case nil: ""
        }
    }

    private mutating func advance(_ demand: InputDemand) throws(ToolError) -> Arrival<TokenChunk> {
        switch current {
        case .unread(let source):
            guard let form = try form(of: source, demand) else { return .nothingYet }
            current =
                form == .csv
                ? .csv(CSVSource(name: source.name, file: CSVFile(source)))
                : .lines(source.name, LineChunkReader(source, target: Self.chunkSize), form)
            return try advance(demand)
        case .lines(let name, var reader, let format):
            let lines = try reader.next(demand)
            current = .lines(name, reader, format)
            return lines.map { TokenChunk(source: name, content: .lines($0, format)) }
        case .csv(var csv):
            let events = try Self.events(&csv, demand)
            current = .csv(csv)
            return events.map { TokenChunk(source: csv.name, content: .rows($0, csv.columns ?? .standard)) }
        case nil: return .end
        }
    }

    /// The form that was asked for, or that the beginning shows; nil while too little of it is there.
    private func form(of source: ByteSource, _ demand: InputDemand) throws(ToolError) -> TokenFormat? {
        if let format { return format }
        return try source.peek(Self.headSize, demand).value.map { TokenFormat.detect($0) }
    }

    private static func events(
        _ csv: inout CSVSource, _ demand: InputDemand
    ) throws(ToolError) -> Arrival<[CSVReader.Event]> {
        while true {
            let block = try csv.file.nextBlock(of: 64, demand)
            guard var events = block.value else { return block }
            if csv.columns == nil, let (index, record) = events.firstRecord {
                let header = TokenColumns(header: record)
                csv.columns = header ?? .standard
                if header != nil { events.remove(at: index) }
            }
            if !events.isEmpty { return .value(events) }
        }
    }
}
