import Attestation
import CSV
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import OpenSSL
import PKIX

/// Reads a table of identity keys: `uuid,base64 SubjectPublicKeyInfo`, with or without a header.
///
/// Rows are decoded on all cores: with a key for each of many tokens the table is read before the first token is
/// verified, and one core alone would keep the others waiting.
enum KeyTable {
    static let expected = Expectation(.csv, "a table of keys")

    /// Rows that one core decodes at a time.
    private static let batchSize = 512

    private static let keyFields: Set<FieldName> = [.spkiBase64, .publicKeyPem]

    private struct Row: Sendable {
        let line: Int
        let uuid: DeviceUUID
        let key: IdentityKey
    }

    /// - Throws: ``ToolError`` with `csv`, `csr-key`, `key-conflict` or `io`, and the place.
    static func read(_ source: SourceReader) throws(ToolError) -> [DeviceUUID: IdentityKey] {
        // Escaped once: looking up each character's category for every row took half of the table's time.
        let name = source.name.escapedForTerminal
        let file = CSVFile(source.source)
        var columns: ColumnPlaces?
        var held: CSVRecord?
        var keys: [DeviceUUID: IdentityKey] = [:]

        func nextRecord() throws(ToolError) -> CSVRecord? {
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

        func nextBatch() throws(ToolError) -> ([CSVRecord], ColumnPlaces)? {
            var batch: [CSVRecord] = []
            while batch.count < batchSize, let record = try nextRecord() {
                if let header = try header(record, isFirst: columns == nil, name) {
                    // One further down, as joined files have, counts from there on.
                    if !batch.isEmpty, header != columns {
                        held = record
                        break
                    }
                    columns = header
                    continue
                }
                if columns == nil { columns = ColumnPlaces([.uuid: 0, .spkiBase64: 1], count: 2) }
                batch.append(record)
            }
            guard !batch.isEmpty, let columns else { return nil }
            return (batch, columns)
        }

        try OrderedPipeline.run(
            jobs: System.coreCount,
            makeWorker: { () throws(ToolError) in () },
            next: { _ throws(ToolError) in Arrival(try nextBatch()) },
            process: { _, batch in rows(batch.0, batch.1, name) },
            deliver: { result throws(ToolError) in
                for row in try result.get() {
                    if let known = keys.updateValue(row.key, forKey: row.uuid), known != row.key {
                        throw ToolError(
                            .keyConflict, "two different keys for device \(row.uuid)",
                            context: [.init("file", "\(name):\(row.line)")], hint: "keep one row a device")
                    }
                }
                return true
            })
        guard !Interruption.requested else { throw Interruption.error }
        // Every device would be unknown, and every token rejected for that.
        guard !keys.isEmpty else {
            throw ToolError(
                .csv, "expected a device UUID and a key in each row, found no row",
                context: [.init("file", name)], hint: "give the table that the devices' keys are in")
        }
        return keys
    }

    /// The columns that a record names; nil when it is a row.
    private static func header(
        _ record: CSVRecord, isFirst: Bool, _ name: String
    ) throws(ToolError) -> ColumnPlaces? {
        do throws(ToolError) {
            return try ColumnPlaces(header: record, needing: keyFields, isFirst: isFirst)
        } catch {
            throw error.at("file", "\(name):\(record.line)")
        }
    }

    private static func rows(
        _ records: [CSVRecord], _ columns: ColumnPlaces, _ name: String
    ) -> Result<[Row], ToolError> {
        var rows: [Row] = []
        rows.reserveCapacity(records.count)
        for record in records {
            do throws(ToolError) {
                rows.append(try row(record, columns))
            } catch {
                return .failure(error.at("file", "\(name):\(record.line)"))
            }
        }
        return .success(rows)
    }

    private static func row(_ record: CSVRecord, _ columns: ColumnPlaces) throws(ToolError) -> Row {
        let keyColumns = [columns[.spkiBase64], columns[.publicKeyPem]].compactMap { $0 }
        guard let uuidColumn = columns[.uuid], let uuidField = record[uuidColumn],
            keyColumns.contains(where: { record[$0] != nil })
        else {
            if record.count == 1, let failure = record.delimiterFailure {
                throw ToolError(
                    failure.code, failure.message,
                    hint: "save the file again as CSV with commas; nothing is guessed")
            }
            throw ToolError(
                .csv, "expected a device UUID and a key, found \(Tally.count(record.count, "column"))")
        }
        guard let uuid = DeviceUUID(text: uuidField.bytes) else {
            throw ToolError(.csv, "expected a device UUID in column \(uuidColumn + 1)")
        }
        var found: [UInt8]?
        // Of two columns one may be empty; what both say has to be the same.
        for field in keyColumns.compactMap({ record[$0] }) where !field.bytes.isEmpty {
            let spki = try field.bytes.first == UInt8(ascii: "-") ? pem(field) : base64(field)
            guard found == nil || found == spki else {
                throw ToolError(
                    .csv, "expected one key, found two that differ in publicKeyPem and spkiBase64")
            }
            found = spki
        }
        guard let spki = found else { throw ToolError(.csv, "expected a key, found an empty cell") }
        guard let key = KeySource.p256(spki) else { throw KeySource.notP256 }
        return Row(line: record.line, uuid: uuid, key: IdentityKey(publicKey: key, trust: .given))
    }

    private static func base64(_ field: CSVField) throws(ToolError) -> [UInt8] {
        do {
            return try Base64.decodeStandard(field.bytes)
        } catch {
            throw ToolError(.csv, "expected a base64 SubjectPublicKeyInfo: \(error.message)")
        }
    }

    private static func pem(_ field: CSVField) throws(ToolError) -> [UInt8] {
        do {
            return try PEMDocument(Array(field.bytes)).single("PUBLIC KEY")
        } catch {
            throw ToolError(.pem, "\(error.description) of the key")
        }
    }
}
