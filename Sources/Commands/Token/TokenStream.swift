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

    /// The next block, or `nil` at the end of the last source.
    mutating func next() -> TokenChunk? {
        while true {
            if current == nil {
                guard let argument = remaining.popFirst() else { return nil }
                switch argument {
                case .text(let text, let position): return Self.chunk(of: text, position)
                case .file(let path):
                    do {
                        current = try open(path)
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

    private func open(_ path: String) throws(ToolError) -> Open {
        let source = try ByteSource(path: path)
        var head: [UInt8] = []
        var format = format
        if format == nil {
            while head.count < Self.headSize, try source.read(into: &head, limit: Self.headSize) > 0 {}
            format = TokenFormat.detect(head)
        }
        guard format == .csv else {
            return .lines(
                path, LineChunkReader(source, target: Self.chunkSize, head: head), format ?? .lines)
        }
        return .csv(CSVSource(name: path, file: CSVFile(source, head: head)))
    }

    private mutating func advance() throws(ToolError) -> TokenChunk? {
        switch current {
        case .lines(let name, var reader, let format):
            let chunk = try reader.next()
            current = .lines(name, reader, format)
            return chunk.map { TokenChunk(source: name, content: .lines($0, format)) }
        case .csv(var csv):
            let events = try Self.events(&csv)
            current = .csv(csv)
            return events.map { TokenChunk(source: csv.name, content: .rows($0, csv.columns ?? .standard)) }
        case nil: return nil
        }
    }

    private static func events(_ csv: inout CSVSource) throws(ToolError) -> [CSVReader.Event]? {
        var events: [CSVReader.Event] = []
        while events.count < 64 {
            guard let event = try csv.file.next() else { return events.isEmpty ? nil : events }
            if csv.columns == nil, case .record(let record) = event {
                let header = TokenColumns(header: record)
                csv.columns = header ?? .standard
                if header != nil { continue }
            }
            events.append(event)
        }
        return events
    }
}
