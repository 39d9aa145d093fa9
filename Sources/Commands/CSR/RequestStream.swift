import CSV
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake

/// A block of inputs from one source.
struct RequestChunk: Sendable {
    enum Content: Sendable {
        case der([UInt8])
        case text(LineChunk, RequestFormat)
        case rows([CSVReader.Event], ColumnPlaces)
        /// A source that holds nothing.
        case empty
        /// A source that could not be read.
        case unreadable(ToolError)
    }

    let source: String
    let content: Content
    /// Whether a private key stands in the same file.
    var disclosesKey = false
    var passedOver: PassedOver?
}

/// The inputs of a CSR command as a stream of blocks; memory does not grow with the number of requests.
struct RequestStream {
    static let expected = Expectation(.pem, "a request", takesBinary: true)
    /// About 30 requests in PEM: small enough that the last blocks leave no core idle for long.
    private static let chunkSize = 16_384

    /// Counts what is read.
    let meter = InputMeter()
    private var inputs: InputQueue
    private let format: RequestFormat?
    private var current: Open?

    var passedOver: PassedOver { inputs.passedOver }

    private enum Open {
        case lines(String, LineChunkReader, RequestFormat)
        /// Whether a private key was found in the file, or in what was read of it.
        case pem(String, PEMChunkReader, disclosesKey: Bool)
        case csv(CSVSource)
    }

    private struct CSVSource {
        let name: String
        let file: CSVFile
        var columns: ColumnPlaces?
        /// A header further down, which counts from there on.
        var held: ColumnPlaces?
    }

    /// Arguments are files, folders, `-`, or `%KEYGEN` tokens themselves.
    init(_ arguments: [String], filesFrom: String? = nil, format: RequestFormat? = nil) {
        let sources = arguments.enumerated().map { index, argument -> SourceArgument in
            let source = SourceArgument.resolve(argument, position: index + 1)
            // What is neither a file nor a token is a file that is missing.
            if case .text(let text, _) = source {
                let bytes = Array(text.utf8)[...]
                if !KeygenText.isToken(bytes), KeygenText.answer(in: bytes) == nil { return .file(argument) }
            }
            return source
        }
        inputs = InputQueue(sources.map(\.input), filesFrom: filesFrom, for: Self.expected)
        self.format = format
    }

    /// Adds up the sizes of the inputs, for the remaining time; folders are looked through for that.
    mutating func measure() { inputs.measure(meter) }

    /// The next block, or `nil` at the end of the last source.
    mutating func next() -> RequestChunk? {
        while true {
            if current == nil {
                guard let input = inputs.next() else { return nil }
                if let chunk = begin(input) { return chunk }
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
    private mutating func begin(_ input: InputQueue.Input) -> RequestChunk? {
        switch input {
        case .text(let text, let position):
            let lines = LineChunk(bytes: Array(text.utf8), firstLine: position, lineCount: 1)
            return RequestChunk(source: "argument", content: .text(lines, .lines))
        case .unreadable(let name, let error): return RequestChunk(source: name, content: .unreadable(error))
        case .file(let path):
            do throws(ToolError) {
                return try open(path)
            } catch {
                return RequestChunk(source: path, content: .unreadable(error))
            }
        }
    }

    private mutating func open(_ path: String) throws(ToolError) -> RequestChunk? {
        let reader = try SourceReader(path, for: Self.expected, meter: meter)
        if reader.isBlank { return RequestChunk(source: path, content: .empty) }
        let (source, head) = (reader.source, reader.head)
        let found = reader.isBinary ? RequestFormat.der : RequestFormat.detect(head)
        switch format ?? found {
        case .der:
            // One octet more than any request, so that a longer file is refused as what it is.
            var der = head
            while der.count < SourceReader.headSize * 2,
                try source.read(into: &der, limit: SourceReader.headSize) > 0
            {}
            return RequestChunk(source: path, content: .der(der))
        case .text:
            let discloses = try DisclosedKey.isIn(file: path, head: head)
            current = .pem(
                path, PEMChunkReader(source, target: Self.chunkSize, head: head), disclosesKey: discloses)
        case .csv: current = .csv(CSVSource(name: path, file: CSVFile(source, head: head)))
        case let format:
            if format == .lines, self.format == nil, let der = try Self.bareBase64(head, source) {
                return RequestChunk(source: path, content: .der(der))
            }
            current = .lines(path, LineChunkReader(source, target: Self.chunkSize, head: head), format)
        }
        return nil
    }

    /// The DER of a file that is base64 without armour; nil for any other.
    private static func bareBase64(_ head: [UInt8], _ source: ByteSource) throws(ToolError) -> [UInt8]? {
        // A sequence of 128 octets and more begins with these two letters.
        let text = head.filter { !$0.isBlank }
        guard text.starts(with: Array("MI".utf8)), !text.contains(UInt8(ascii: ".")),
            head.count < SourceReader.headSize
        else { return nil }
        return try? Base64.decodeStandard(text[...])
    }

    private mutating func advance() throws(ToolError) -> RequestChunk? {
        // The enum's copy has to go, or every change of a reader's buffer would copy it.
        let open = current
        current = nil
        switch open {
        case .lines(let name, var reader, let format):
            let chunk = try reader.next()
            current = .lines(name, reader, format)
            return chunk.map {
                RequestChunk(source: name, content: .text($0, format), passedOver: passedOver)
            }
        case .pem(let name, var reader, var discloses):
            let chunk = try reader.next()
            // Of a pipe the end is not known: a key in it spoils what comes with it and after it.
            if !discloses, let chunk { discloses = DisclosedKey.isIn(chunk.bytes) }
            current = .pem(name, reader, disclosesKey: discloses)
            return chunk.map {
                RequestChunk(
                    source: name, content: .text($0, .text), disclosesKey: discloses, passedOver: passedOver)
            }
        case .csv(var csv):
            let events = try Self.events(&csv)
            let columns = csv.columns ?? TokenChunk.standardColumns
            let name = csv.name
            current = .csv(csv)
            return events.map { RequestChunk(source: name, content: .rows($0, columns)) }
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
    private static func header(_ record: CSVRecord, _ csv: CSVSource) throws(ToolError) -> ColumnPlaces? {
        do throws(ToolError) {
            return try ColumnPlaces(
                header: record, needing: RequestFormat.fields, alike: [.token, .keygen],
                isFirst: csv.columns == nil)
        } catch {
            throw error.at("file", "\(csv.name.escapedForTerminal):\(record.line)")
        }
    }
}
