import Batches
import CSV
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake

/// The inputs of a token command as a stream of blocks; memory does not grow with the number of tokens.
struct TokenStream: ItemSource {
    static let expected = Expectation(.tokenFormat, "a token", form: .lines, takesObjects: false)
    /// About 60 tokens: small enough that the last blocks leave no core idle for long.
    private static let chunkSize = 16_384

    var inputs: InputQueue
    private let format: TokenFormat?
    private let delimiter: CSVDelimiter?
    var current: Open?
    /// Whether anything that the current source holds was an input.
    var yield = SourceYield()

    enum Open {
        /// Too little of it has come to tell its form.
        case unread(SourceReader)
        case lines(String, LineChunkReader, TokenFormat)
        case csv(CSVTable)
    }

    /// - Parameter delimiter: of tables; where one is given, every input is a table.
    init(
        _ sources: [SourceArgument], filesFrom: String? = nil, format: TokenFormat?,
        delimiter: CSVDelimiter? = nil
    ) {
        self.delimiter = delimiter
        inputs = InputQueue(sources.map(\.input), filesFrom: filesFrom, for: Self.expected)
        self.format = delimiter == nil ? format : .csv
    }

    /// The next block.
    mutating func next(_ demand: InputDemand) -> Arrival<TokenChunk> {
        while true {
            if current == nil {
                switch inputs.next(demand) {
                case .nothingYet: return .nothingYet
                case .end: return .end
                case .value(.text(let text, let position)): return .value(Self.chunk(of: text, position))
                case .value(.unreadable(let name, let error)):
                    return .value(TokenChunk(source: SourceName(name), content: .unreadable(error)))
                case .value(.file(let path)):
                    do throws(ToolError) {
                        current = .unread(try SourceReader(path, for: Self.expected, meter: inputs.meter))
                    } catch {
                        return .value(TokenChunk(source: SourceName(path), content: .unreadable(error)))
                    }
                }
            }
            let name = self.name
            do throws(ToolError) {
                if let arrival = try nextOfCurrent(demand) { return arrival }
            } catch {
                dropCurrent()
                return .value(TokenChunk(source: SourceName(name), content: .unreadable(error)))
            }
        }
    }

    private static func chunk(of text: String, _ position: Int) -> TokenChunk {
        let lines = LineChunk(bytes: Array(text.utf8), firstLine: position, lineCount: 1)
        return TokenChunk(source: SourceName("argument"), content: .text(lines))
    }

    var name: String {
        switch current {
        case .unread(let reader): reader.name
        case .lines(let name, _, _): name
        case .csv(let table): table.name
        case nil: ""
        }
    }

    mutating func advance(_ demand: InputDemand) throws(ToolError) -> Arrival<TokenChunk> {
        switch current {
        case .unread(let reader):
            let isEnough = format == nil ? TokenFormat.isDecided : ByteSource.hasWholeLine
            guard let head = try reader.look(demand, isEnough: isEnough).value else { return .nothingYet }
            if head.isBlank {
                if inputs.isSeveral { throw Self.expected.nothing(in: reader.name) }
                return .end
            }
            current = form(of: reader, head)
            return try advance(demand)
        case .lines(let name, var reader, let format):
            let lines = try reader.next(demand)
            current = .lines(name, reader, format)
            return lines.map {
                TokenChunk(
                    source: SourceName(name), content: .lines($0, format), passedOver: inputs.passedOver)
            }
        case .csv(let table):
            return try table.next(demand).map {
                TokenChunk(source: SourceName(table.name), content: .rows($0.events, $0.columns))
            }
        case nil: return .end
        }
    }

    private func form(of reader: SourceReader, _ head: SourceHead) -> Open {
        switch format ?? TokenFormat.detect(head.bytes) {
        case .csv:
            .csv(
                CSVTable(
                    reader.name, CSVFile(reader.source, delimiter: delimiter, passedOver: inputs.passedOver),
                    needing: TokenFormat.fields,
                    alike: TokenFormat.fields, inputs.passedOver))
        case let format:
            .lines(reader.name, LineChunkReader(reader.source, target: Self.chunkSize), format)
        }
    }
}
