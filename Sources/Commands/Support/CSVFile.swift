import CSV
import Diagnostics
import InputOutput
import Intake

/// The records of a CSV source, read in blocks as they are asked for.
final class CSVFile {
    /// What comes next, with the bytes of what is malformed.
    enum Item: Sendable {
        case record(CSVRecord)
        case malformed(CSVError, raw: [UInt8])
        /// More bytes of the record that was malformed last: it is too long to be had in one piece.
        case rest([UInt8])
    }

    private static let blockSize = 65_536

    private let source: ByteSource
    private var reader: CSVReader
    private var atEnd = false
    private var held: Item?
    /// Records that came before nothing more was at hand.
    private var block: [CSVReader.Event] = []

    /// Counts rows without anything in them; nil where such a row is an error.
    private let passedOver: PassedOver?

    /// - Parameter delimiter: what separates fields; where none is given, the file may declare it, else it is a comma.
    init(
        _ source: ByteSource, delimiter: CSVDelimiter? = nil, keepsMalformed: Bool = false,
        passedOver: PassedOver? = nil
    ) {
        self.passedOver = passedOver
        self.source = source
        reader = CSVReader(
            delimiter: delimiter ?? .comma, declarations: delimiter == nil ? .count : .arePassed,
            keepsMalformed: keepsMalformed)
    }

    /// The first line as written, where it declared the delimiter; known with the first record.
    var declaration: [UInt8] { reader.declaration }

    /// The next record or error; `nil` at the end.
    func next() throws(ToolError) -> CSVReader.Event? { try next(.awaited).value }

    /// The next record or error; a record is whole at its line end.
    func next(_ demand: InputDemand) throws(ToolError) -> Arrival<CSVReader.Event> {
        while true {
            if let event = reader.next() {
                if case .record(let record) = event, isBlank(record) { continue }
                return .value(event)
            }
            if atEnd { return .end }
            if demand != .awaited, !source.isAtHand { return .nothingYet }
            try readMore()
        }
    }

    /// The next `count` records, fewer at the end and where no more are at hand.
    func nextBlock(of count: Int, _ demand: InputDemand) throws(ToolError) -> Arrival<[CSVReader.Event]> {
        var demand = demand
        gather: while block.count < count {
            if !block.isEmpty { demand = demand.withoutWaiting }
            switch try next(demand) {
            case .value(let event): block.append(event)
            case .nothingYet:
                if block.isEmpty || demand == .full { return .nothingYet }
                break gather
            case .end:
                if block.isEmpty { return .end }
                break gather
            }
        }
        defer { block = [] }
        return .value(block)
    }

    /// The same with the bytes of malformed records, for a file made with `keepsMalformed`.
    func nextItem(_ demand: InputDemand) throws(ToolError) -> Arrival<Item> {
        if let item = held {
            held = nil
            return .value(item)
        }
        while true {
            let event = reader.next()
            let bytes = reader.takeMalformed()
            switch event {
            case .malformed(let error)?: return .value(.malformed(error, raw: bytes))
            case .record(let record)?:
                if bytes.isEmpty, isBlank(record) { continue }
                if bytes.isEmpty { return .value(.record(record)) }
                held = .record(record)
                return .value(.rest(bytes))
            case nil:
                if !bytes.isEmpty { return .value(.rest(bytes)) }
                if atEnd { return .end }
                if demand != .awaited, !source.isAtHand { return .nothingYet }
                try readMore()
            }
        }
    }

    /// Whether there is nothing in a row; it is counted then.
    private func isBlank(_ record: CSVRecord) -> Bool {
        guard let passedOver, record.isBlank else { return false }
        passedOver.add(lines: 1)
        return true
    }

    private func readMore() throws(ToolError) {
        var bytes: [UInt8] = []
        if try source.read(into: &bytes, limit: Self.blockSize) == 0 {
            reader.finish()
            atEnd = true
        } else {
            reader.append(bytes[...])
        }
    }
}

extension [CSVReader.Event] {
    /// The first record among them and where it is.
    var firstRecord: (index: Int, record: CSVRecord)? {
        for (index, event) in enumerated() {
            if case .record(let record) = event { return (index, record) }
        }
        return nil
    }
}
