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
        case lines(String, LineChunkReader, RequestFormat)
        /// Whether a private key was found in the file, or in what was read of it.
        case pem(String, PEMChunkReader, disclosesKey: Bool)
        case csv(CSVSource)
    }

    private struct CSVSource {
        let name: String
        let source: ByteSource
        var reader = CSVReader()
        var columns: RequestColumns?
        var atEnd = false
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

    /// The next block, or `nil` at the end of the last source.
    mutating func next() -> RequestChunk? {
        while true {
            if current == nil {
                guard let argument = remaining.popLast() else { return nil }
                if let chunk = begin(argument) { return chunk }
                continue
            }
            let name = self.name
            do {
                if let chunk = try advance() { return chunk }
                current = nil
            } catch {
                current = nil
                return RequestChunk(source: name, content: .unreadable(error))
            }
        }
    }

    private var name: String {
        switch current {
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
                return try open(path)
            } catch {
                return RequestChunk(source: path, content: .unreadable(error))
            }
        }
    }

    private mutating func open(_ path: String) throws(ToolError) -> RequestChunk? {
        let source = try ByteSource(path: path, meter: meter)
        var head: [UInt8] = []
        while head.count < Self.headSize, try source.read(into: &head, limit: Self.headSize) > 0 {}
        if head.allSatisfy(\.isBlank), head.count < Self.headSize {
            return RequestChunk(source: path, content: .empty)
        }
        switch RequestFormat.detect(head) {
        case .der:
            // One octet more than any request, so that a longer file is refused as what it is.
            while head.count < Self.headSize * 2, try source.read(into: &head, limit: Self.headSize) > 0 {}
            return RequestChunk(source: path, content: .der(head))
        case .pem:
            let discloses = try DisclosedKey.isIn(file: path, head: head)
            let reader = PEMChunkReader(source, target: Self.chunkSize, head: head)
            current = .pem(path, reader, disclosesKey: discloses)
        case .csv:
            var csv = CSVSource(name: path, source: source)
            csv.reader.append(head[...])
            current = .csv(csv)
        case let format:
            current = .lines(path, LineChunkReader(source, target: Self.chunkSize, head: head), format)
        }
        return nil
    }

    private mutating func advance() throws(ToolError) -> RequestChunk? {
        // The enum's copy has to go, or every change of a reader's buffer would copy it.
        let open = current
        current = nil
        switch open {
        case .lines(let name, var reader, let format):
            let chunk = try reader.next()
            current = .lines(name, reader, format)
            return chunk.map { RequestChunk(source: name, content: .text($0, format)) }
        case .pem(let name, var reader, var discloses):
            let chunk = try reader.next()
            // Of a pipe the end is not known: a key in it spoils what comes with it and after it.
            if !discloses, let chunk { discloses = DisclosedKey.isIn(chunk.bytes) }
            current = .pem(name, reader, disclosesKey: discloses)
            return chunk.map {
                RequestChunk(source: name, content: .text($0, .pem), disclosesKey: discloses)
            }
        case .csv(var csv):
            let events = try Self.events(&csv)
            let columns = csv.columns ?? .standard
            let name = csv.name
            current = .csv(csv)
            return events.map { RequestChunk(source: name, content: .rows($0, columns)) }
        case nil: return nil
        }
    }

    private static func events(_ csv: inout CSVSource) throws(ToolError) -> [CSVReader.Event]? {
        var events: [CSVReader.Event] = []
        while events.count < 64 {
            if let event = csv.reader.next() {
                if csv.columns == nil, case .record(let record) = event {
                    let header = RequestColumns(header: record.fields.map(\.text))
                    csv.columns = header ?? .standard
                    if header != nil { continue }
                }
                events.append(event)
            } else if csv.atEnd {
                return events.isEmpty ? nil : events
            } else {
                var bytes: [UInt8] = []
                if try csv.source.read(into: &bytes, limit: chunkSize) == 0 {
                    csv.reader.finish()
                    csv.atEnd = true
                } else {
                    csv.reader.append(bytes[...])
                }
            }
        }
        return events
    }
}
