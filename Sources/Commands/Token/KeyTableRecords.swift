import Batches
import CSV
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake

/// The records of a table of keys, each block under the columns of one header.
struct KeyTableRecords: ChunkSource {
    struct Block: Sendable {
        let records: [CSVRecord]
        let columns: ColumnPlaces
    }

    /// Rows that one core decodes at a time.
    private static let batchSize = 512

    private static let keyFields: Set<FieldName> = [.spkiBase64, .publicKeyPem]

    private let file: CSVFile
    private let name: String
    private var columns: ColumnPlaces?
    private var held: CSVRecord?

    /// - Parameter name: what errors call the table.
    init(_ source: ByteSource, name: String) {
        // Nobody is told of rows without anything in them.
        file = CSVFile(source, passedOver: PassedOver())
        self.name = name
    }

    mutating func next(_ demand: InputDemand) throws(ToolError) -> Arrival<Block> {
        var records: [CSVRecord] = []
        while records.count < Self.batchSize, let record = try nextRecord() {
            if let header = try header(record, isFirst: columns == nil) {
                // One further down, as joined files have, counts from there on.
                if !records.isEmpty, header != columns {
                    held = record
                    break
                }
                columns = header
                continue
            }
            if columns == nil { columns = ColumnPlaces([.uuid: 0, .spkiBase64: 1], count: 2) }
            records.append(record)
        }
        guard !records.isEmpty, let columns else { return .end }
        return .value(Block(records: records, columns: columns))
    }

    private mutating func nextRecord() throws(ToolError) -> CSVRecord? {
        if let record = held {
            held = nil
            return record
        }
        switch try file.next() {
        case nil: return nil
        case .record(let record)?: return record
        case .malformed(let error)?:
            throw ToolError(.csv, error.message).at("file", "\(name):\(error.recordLine)")
        }
    }

    /// The columns that a record names; nil when it is a row.
    private func header(_ record: CSVRecord, isFirst: Bool) throws(ToolError) -> ColumnPlaces? {
        do throws(ToolError) {
            return try ColumnPlaces(header: record, needing: Self.keyFields, isFirst: isFirst)
        } catch {
            throw error.at("file", "\(name):\(record.line)")
        }
    }
}
