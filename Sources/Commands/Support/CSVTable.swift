import CSV
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake

/// The rows of a CSV source in blocks under one header each.
final class CSVTable {
    private static let rowsPerBlock = 64

    /// What results call the source.
    let name: String
    private let file: CSVFile
    private let needed: Set<FieldName>
    private let alike: Set<FieldName>
    private let passedOver: PassedOver
    private var columns: ColumnPlaces?
    private var hasHeader = false
    /// Rows under the next header.
    private var held: [CSVReader.Event] = []

    typealias Block = (events: [CSVReader.Event], columns: ColumnPlaces)

    /// - Parameters:
    ///   - needed: the fields of which a header names at least one.
    ///   - alike: fields that mean the same to the command.
    ///   - passedOver: counts headers further down.
    init(
        _ name: String, _ file: CSVFile, needing needed: Set<FieldName>, alike: Set<FieldName>,
        _ passedOver: PassedOver
    ) {
        self.passedOver = passedOver
        self.name = name
        self.file = file
        self.needed = needed
        self.alike = alike
    }

    /// The next rows, headers left out: one further down, as joined files have, counts from there on.
    ///
    /// - Throws: ``ToolError`` with `csv` for a header that cannot be used.
    func next(_ demand: InputDemand) throws(ToolError) -> Arrival<Block> {
        while true {
            var events = held
            held = []
            if events.isEmpty {
                switch try file.nextBlock(of: Self.rowsPerBlock, demand) {
                case .value(let block): events = block
                case .nothingYet: return .nothingYet
                case .end: return .end
                }
            }
            let rows = try take(&events)
            if !rows.isEmpty { return .value((rows, columns ?? TokenChunk.standardColumns)) }
        }
    }

    /// The rows up to the next header; what follows is held.
    private func take(_ events: inout [CSVReader.Event]) throws(ToolError) -> [CSVReader.Event] {
        for (index, event) in events.enumerated() {
            guard case .record(let record) = event else { continue }
            guard let header = try header(record) else {
                if columns == nil { columns = TokenChunk.standardColumns }
                continue
            }
            if index > 0 {
                held = Array(events[index...])
                return Array(events[..<index])
            }
            if hasHeader { passedOver.addHeader() }
            hasHeader = true
            columns = header
            held = Array(events.dropFirst())
            return []
        }
        return events
    }

    private func header(_ record: CSVRecord) throws(ToolError) -> ColumnPlaces? {
        do throws(ToolError) {
            return try ColumnPlaces(
                header: record, needing: needed, alike: alike, isFirst: columns == nil)
        } catch {
            throw error.at("file", "\(name.escapedForTerminal):\(record.line)")
        }
    }
}
