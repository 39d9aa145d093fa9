import Batches
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

    let source: SourceName
    let content: Content
    /// Whether a private key stands in the same file.
    var disclosesKey = false
    /// Whether the block before this one ends with a request without armour.
    var followsBare = false
    var passedOver: PassedOver?
}

/// The inputs of a CSR command as a stream of blocks; memory does not grow with the number of requests.
struct RequestStream: ItemSource {
    static let expected = Expectation(.pem, "a request", takesBinary: true, form: .lines)
    /// About 30 requests in PEM: small enough that the last blocks leave no core idle for long.
    private static let chunkSize = 16_384

    var inputs: InputQueue
    /// Whether anything that the current source holds was an input.
    var yield = SourceYield()
    private let format: RequestFormat?
    private let delimiter: CSVDelimiter?
    var current: Open?

    enum Open {
        /// Too little of it has come to tell its form.
        case unread(SourceReader)
        case der(ByteSource)
        case lines(String, LineChunkReader, RequestFormat)
        /// Whether a private key was found in the file, or in what was read of it.
        case pem(String, PEMChunkReader, RequestFormat, disclosesKey: Bool)
        case csv(CSVTable)
    }

    /// Arguments are files, folders, `-`, or `%KEYGEN` tokens themselves.
    /// - Parameter delimiter: of tables; where one is given, every input is a table.
    init(
        _ arguments: [String], filesFrom: String? = nil, format: RequestFormat? = nil,
        delimiter: CSVDelimiter? = nil
    ) {
        self.delimiter = delimiter
        let sources = arguments.enumerated().map { SourceArgument.resolve($1, position: $0 + 1).input }
        inputs = InputQueue(sources, filesFrom: filesFrom, for: Self.expected)
        self.format = delimiter == nil ? format : .csv
    }

    /// The next block.
    mutating func next(_ demand: InputDemand) -> Arrival<RequestChunk> {
        while true {
            if current == nil {
                switch inputs.next(demand) {
                case .nothingYet: return .nothingYet
                case .end: return .end
                case .value(let input): if let chunk = begin(input) { return .value(chunk) }
                }
                continue
            }
            let name = self.name
            do throws(ToolError) {
                if let arrival = try nextOfCurrent(demand) { return arrival }
            } catch {
                dropCurrent()
                return .value(RequestChunk(source: SourceName(name), content: .unreadable(error)))
            }
        }
    }

    var name: String {
        switch current {
        case .unread(let reader): reader.name
        case .der(let source): source.name
        case .lines(let name, _, _), .pem(let name, _, _, _): name
        case .csv(let table): table.name
        case nil: ""
        }
    }

    /// Opens a source; answers at once for those of one block.
    private mutating func begin(_ input: InputQueue.Input) -> RequestChunk? {
        switch input {
        case .text(let text, let position):
            let lines = LineChunk(bytes: Array(text.utf8), firstLine: position, lineCount: 1)
            return RequestChunk(source: SourceName("argument"), content: .text(lines, .lines))
        case .unreadable(let name, let error):
            return RequestChunk(source: SourceName(name), content: .unreadable(error))
        case .file(let path):
            do throws(ToolError) {
                current = .unread(try SourceReader(path, for: Self.expected, meter: inputs.meter))
                return nil
            } catch {
                return RequestChunk(source: SourceName(path), content: .unreadable(error))
            }
        }
    }

    mutating func advance(_ demand: InputDemand) throws(ToolError) -> Arrival<RequestChunk> {
        // The enum's copy has to go, or every change of a reader's buffer would copy it.
        let open = current
        current = nil
        switch open {
        case .unread(let reader):
            current = open
            let isEnough = format == nil ? RequestFormat.isDecided : ByteSource.hasWholeLine
            guard let head = try reader.look(demand, isEnough: isEnough).value else { return .nothingYet }
            if head.isBlank {
                current = nil
                return .value(RequestChunk(source: SourceName(reader.name), content: .empty))
            }
            current = try form(of: reader, head)
            return try advance(demand)
        case .der(let source):
            current = open
            // One octet more than any request, so that a longer file is refused as what it is.
            let whole = try source.peek(SourceReader.headSize * 2, demand) { _ in false }
            guard let whole = whole.value else { return .nothingYet }
            current = nil
            return .value(
                RequestChunk(source: SourceName(source.name), content: .der(Self.bareBase64(whole) ?? whole)))
        case .lines(let name, var reader, let format):
            let lines = try reader.next(demand)
            current = .lines(name, reader, format)
            return lines.map {
                RequestChunk(
                    source: SourceName(name), content: .text($0, format), passedOver: inputs.passedOver)
            }
        case .pem(let name, var reader, let format, var discloses):
            let text = try reader.next(demand)
            // Of a pipe the end is not known: a key in it spoils what comes with it and after it.
            if !discloses, let chunk = text.value { discloses = DisclosedKey.isIn(chunk.bytes) }
            current = .pem(name, reader, format, disclosesKey: discloses)
            return text.map {
                RequestChunk(
                    source: SourceName(name), content: .text($0, format), disclosesKey: discloses,
                    followsBare: reader.followsBare, passedOver: inputs.passedOver)
            }
        case .csv(let table):
            current = open
            return try table.next(demand).map {
                RequestChunk(source: SourceName(table.name), content: .rows($0.events, $0.columns))
            }
        case nil: return .end
        }
    }

    private func form(of reader: SourceReader, _ head: SourceHead) throws(ToolError) -> Open {
        let (name, source) = (reader.name, reader.source)
        let found = head.isBinary ? RequestFormat.der : RequestFormat.detect(head.bytes)
        switch format ?? found {
        case .der: return .der(source)
        case .csv:
            return .csv(
                CSVTable(
                    name, CSVFile(source, delimiter: delimiter, passedOver: inputs.passedOver),
                    needing: RequestFormat.fields,
                    alike: [.token, .keygen],
                    inputs.passedOver))
        case .list where source.isPeekedAtWhole && Self.bareBase64(head.bytes) != nil: return .der(source)
        case let format where format.takesBlocks:
            let discloses = try DisclosedKey.isIn(file: name, head: head.bytes)
            return .pem(name, PEMChunkReader(source, target: Self.chunkSize), format, disclosesKey: discloses)
        case let format: return .lines(name, LineChunkReader(source, target: Self.chunkSize), format)
        }
    }

    /// The DER of a text that is base64 without armour; nil for any other, and for several of them, which are read as blocks
    /// among lines.
    private static func bareBase64(_ bytes: [UInt8]) -> [UInt8]? {
        // A sequence of 128 octets and more begins with these two letters.
        guard bytes.first(where: { !$0.isBlank }) == UInt8(ascii: "M") else { return nil }
        let text = bytes.filter { !$0.isBlank }
        guard text.starts(with: Array("MI".utf8)) else { return nil }
        if let first = BareBlock.length(beginningWith: text[...]), first < text.count { return nil }
        return try? Base64.decodeStandard(text[...])
    }
}
