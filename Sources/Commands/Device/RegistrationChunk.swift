import CSV
import Diagnostics
import InputOutput
import Intake
import Registry
import Store

/// A block of an import's input.
struct RegistrationChunk: Sendable {
    /// What became of a row, and where it stands.
    typealias Row = (location: InputLocation, row: Result<Registration, RowError>)

    enum Content: Sendable {
        /// Records of CSV with the columns that count for each; nil for one that is malformed.
        case records([(event: CSVReader.Event, columns: RegistrationColumns?)])
        /// JSON Lines.
        case objects(LineChunk)
        /// What a log told.
        case findings([IdentityTranscript.Finding])
        /// Why the input is not read, or not further.
        case unreadable(ToolError)

        var holdsRow: Bool {
            switch self {
            case .records(let records): !records.isEmpty
            case .objects(let lines): !lines.bytes.allSatisfy(\.isBlank)
            case .findings(let findings): !findings.isEmpty
            case .unreadable: true
            }
        }
    }

    let source: SourceName
    let content: Content

    /// The rows of the block, decoded and checked; none of an input that is not read.
    func rows(_ reader: RegistrationReader) -> [Row] {
        switch content {
        case .records(let records):
            records.map { event, columns in
                switch event {
                case .malformed(let error): row(error.recordLine, .failure(RowError(.csv, error.message)))
                case .record(let record): row(record.line, reader.result(record, columns))
                }
            }
        case .objects(let lines): rows(lines, reader)
        case .findings(let findings):
            findings.map { row($0.line, $0.device.flatMap { reader.result(uuid: $0.uuid, key: $0.key) }) }
        case .unreadable: []
        }
    }

    private func row(_ line: Int, _ result: Result<Registration, RowError>) -> Row {
        (InputLocation(source, line: line), result)
    }

    private func rows(_ lines: LineChunk, _ reader: RegistrationReader) -> [Row] {
        var rows: [Row] = []
        lines.forEachLine { line, number in
            if line.trimmed.isEmpty { return true }
            rows.append(
                row(
                    number,
                    line.count <= LineChunkReader.lineLimit
                        ? reader.result(line: line) : .failure(Self.tooLong(.json))))
            return true
        }
        return rows
    }

    static func tooLong(_ code: ErrorCode) -> RowError {
        RowError(code, "expected lines of at most \(LineChunkReader.lineLimit) bytes")
    }
}

extension RegistrationReader {
    fileprivate func result(line: ArraySlice<UInt8>) -> Result<Registration, RowError> {
        Result { () throws(RowError) in try registration(line: line) }
    }

    fileprivate func result(
        _ record: CSVRecord, _ columns: RegistrationColumns?
    ) -> Result<Registration, RowError> {
        guard let columns else { return .failure(RowError(.csv, "expected a header that names uuid")) }
        return Result { () throws(RowError) in try registration(record, columns) }
    }

    fileprivate func result(
        uuid: ArraySlice<UInt8>, key: ArraySlice<UInt8>
    ) -> Result<Registration, RowError> {
        Result { () throws(RowError) in try registration(uuid: uuid, key: key) }
    }
}
