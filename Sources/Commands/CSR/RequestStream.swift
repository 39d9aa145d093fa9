import CSV
import Diagnostics
import InputOutput

/// A block of inputs from one source.
struct RequestChunk: Sendable {
    enum Content: Sendable {
        case der([UInt8])
        case text(LineChunk, RequestFormat)
        case rows([CSVReader.Event], RequestColumns)
        /// A source that holds nothing.
        case empty
        /// A source that could not be read.
        case unreadable(ToolError)
    }

    let source: String
    let content: Content
    /// Whether a private key stands in the same file.
    var disclosesKey = false
}

/// The inputs of a CSR command as a stream of blocks; memory does not grow with the number of requests.
struct RequestStream {
    /// About 30 requests in PEM: small enough that the last blocks leave no core idle for long.
    private static let chunkSize = 16_384
    /// How far the look at a file goes that decides on its format.
    private static let headSize = 65_536

    /// Counts what is read.
    let meter = InputMeter()
    private var remaining: [SourceArgument]
    private var current: Open?

    private enum Open {
        /// Too little of it has come to tell its form.
        case unread(ByteSource)
        /// As the one before, and all of it is wanted.
        case der(ByteSource)
        case lines(String, LineChunkReader, RequestFormat)
        /// Whether a private key was found in the file, or in what was read of it.
        case pem(String, PEMChunkReader, disclosesKey: Bool)
        case csv(CSVSource)
    }

    private struct CSVSource {
        let name: String
        let file: CSVFile
        var columns: RequestColumns?
    }

    /// Arguments are files, folders, `-`, or `%KEYGEN` tokens themselves.
    init(_ arguments: [String]) {
        let sources = arguments.enumerated().map { SourceArgument.resolve($1, position: $0 + 1) }
        // Taken from the end.
        remaining = sources.reversed()
    }

    /// Adds up the sizes of the inputs, for the remaining time; folders are looked through for that.
    mutating func measure() {
        var total = 0
        var sources: [SourceArgument] = []
        for source in remaining {
            guard case .file(let path) = source else {
                sources.append(source)
                continue
            }
            var files = [path]
            if path != "-", FileSystem.kind(of: path) == .folder,
                let found = try? FileSystem.files(below: path)
            {
                files = found.reversed()
            }
            for file in files {
                // The size of a pipe is not known, nor is that of a file that is missing.
                guard let size = FileSystem.size(of: file) else { return }
                total += size
            }
            sources += files.map { .file($0) }
        }
        remaining = sources
        meter.total = total
    }

    /// The next block.
    mutating func next(_ demand: InputDemand) -> Arrival<RequestChunk> {
        while true {
            if current == nil {
                guard let argument = remaining.popLast() else { return .end }
                if let chunk = begin(argument) { return .value(chunk) }
                continue
            }
            let name = self.name
            do {
                let arrival = try advance(demand)
                if case .end = arrival { current = nil } else { return arrival }
            } catch {
                current = nil
                return .value(RequestChunk(source: name, content: .unreadable(error)))
            }
        }
    }

    private var name: String {
        switch current {
        case .unread(let source), .der(let source): source.name
        case .lines(let name, _, _), .pem(let name, _, _): name
        case .csv(let csv): csv.name
        case nil: ""
        }
    }

    /// Opens a source; answers at once for those of one block.
    private mutating func begin(_ argument: SourceArgument) -> RequestChunk? {
        switch argument {
        case .text(let text, let position):
            let lines = LineChunk(bytes: Array(text.utf8), firstLine: position, lineCount: 1)
            return RequestChunk(source: "argument", content: .text(lines, .lines))
        case .file(let path):
            do {
                if path != "-", FileSystem.kind(of: path) == .folder {
                    remaining += try FileSystem.files(below: path).reversed().map { .file($0) }
                    return nil
                }
                current = .unread(try ByteSource(path: path, meter: meter))
                return nil
            } catch {
                return RequestChunk(source: path, content: .unreadable(error))
            }
        }
    }

    private mutating func advance(_ demand: InputDemand) throws(ToolError) -> Arrival<RequestChunk> {
        // The enum's copy has to go, or every change of a reader's buffer would copy it.
        let open = current
        current = nil
        switch open {
        case .unread(let source):
            current = open
            guard let head = try source.peek(Self.headSize, demand).value else { return .nothingYet }
            if head.count < Self.headSize, head.allSatisfy(\.isBlank) {
                current = nil
                return .value(RequestChunk(source: source.name, content: .empty))
            }
            current = try form(of: source, head)
            return try advance(demand)
        case .der(let source):
            current = open
            // One octet more than any request, so that a longer file is refused as what it is.
            let whole = try source.peek(Self.headSize * 2, demand) { _ in false }
            guard let whole = whole.value else { return .nothingYet }
            current = nil
            return .value(RequestChunk(source: source.name, content: .der(whole)))
        case .lines(let name, var reader, let format):
            let lines = try reader.next(demand)
            current = .lines(name, reader, format)
            return lines.map { RequestChunk(source: name, content: .text($0, format)) }
        case .pem(let name, var reader, var discloses):
            let text = try reader.next(demand)
            // Of a pipe the end is not known: a key in it spoils what comes with it and after it.
            if !discloses, let chunk = text.value { discloses = DisclosedKey.isIn(chunk.bytes) }
            current = .pem(name, reader, disclosesKey: discloses)
            return text.map { RequestChunk(source: name, content: .text($0, .pem), disclosesKey: discloses) }
        case .csv(var csv):
            let events = try Self.events(&csv, demand)
            let columns = csv.columns ?? .standard
            current = .csv(csv)
            return events.map { RequestChunk(source: csv.name, content: .rows($0, columns)) }
        case nil: return .end
        }
    }

    private func form(of source: ByteSource, _ head: [UInt8]) throws(ToolError) -> Open {
        let name = source.name
        switch RequestFormat.detect(head) {
        case .der: return .der(source)
        case .pem:
            let discloses = try DisclosedKey.isIn(file: name, head: head)
            return .pem(name, PEMChunkReader(source, target: Self.chunkSize), disclosesKey: discloses)
        case .csv: return .csv(CSVSource(name: name, file: CSVFile(source)))
        case let format: return .lines(name, LineChunkReader(source, target: Self.chunkSize), format)
        }
    }

    private static func events(
        _ csv: inout CSVSource, _ demand: InputDemand
    ) throws(ToolError) -> Arrival<[CSVReader.Event]> {
        while true {
            let block = try csv.file.nextBlock(of: 64, demand)
            guard var events = block.value else { return block }
            if csv.columns == nil, let (index, record) = events.firstRecord {
                let header = RequestColumns(header: record.fields.map(\.text))
                csv.columns = header ?? .standard
                if header != nil { events.remove(at: index) }
            }
            if !events.isEmpty { return .value(events) }
        }
    }
}
