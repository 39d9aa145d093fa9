import Attestation
import CSV
import DeviceIdentity
import Diagnostics
import InputOutput
import OpenSSL

/// Reads a table of identity keys: `uuid,base64 SubjectPublicKeyInfo`, with or without a header.
///
/// Rows are decoded on all cores: with a key for each of many tokens the table is read before the first token is
/// verified, and one core alone would keep the others waiting.
enum KeyTable {
    /// Rows that one core decodes at a time.
    private static let batchSize = 512

    private struct Columns {
        var uuid = 0
        var key = 1

        init() {}

        /// The columns that a header names; `nil` when the record is no header.
        init?(header: CSVRecord) {
            let names = header.fields.map { $0.text.lowercased() }
            guard let uuid = names.firstIndex(of: "uuid") ?? names.firstIndex(of: "deviceuuid"),
                let key = names.firstIndex(where: { ["spkibase64", "spki", "publickey", "key"].contains($0) })
            else { return nil }
            self.uuid = uuid
            self.key = key
        }
    }

    private struct Row: Sendable {
        let line: Int
        let uuid: DeviceUUID
        let key: IdentityKey
    }

    /// - Throws: ``ToolError`` with `csv`, `csr-key`, `key-conflict` or `io`, and the place.
    static func read(path: String) throws(ToolError) -> [DeviceUUID: IdentityKey] {
        let source = try ByteSource(path: path)
        // Escaped once: looking up each character's category for every row took half of the table's time.
        let name = path.escapedForTerminal
        var reader = CSVReader()
        var columns: Columns?
        var atEnd = false
        var keys: [DeviceUUID: IdentityKey] = [:]

        func nextBatch() throws(ToolError) -> ([CSVRecord], Columns)? {
            var batch: [CSVRecord] = []
            while batch.count < batchSize {
                guard let event = reader.next() else {
                    if atEnd { break }
                    var bytes: [UInt8] = []
                    if try source.read(into: &bytes, limit: 65_536) == 0 {
                        reader.finish()
                        atEnd = true
                    } else {
                        reader.append(bytes[...])
                    }
                    continue
                }
                switch event {
                case .malformed(let error):
                    throw ToolError(.csv, error.message).at("file", "\(name):\(error.recordLine)")
                case .record(let record):
                    if columns == nil {
                        let header = Columns(header: record)
                        columns = header ?? Columns()
                        if header != nil { continue }
                    }
                    batch.append(record)
                }
            }
            return batch.isEmpty ? nil : (batch, columns ?? Columns())
        }

        try OrderedPipeline.run(
            jobs: System.coreCount,
            makeWorker: { () throws(ToolError) in () },
            next: { () throws(ToolError) in try nextBatch() },
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
        // Every device would be unknown, and every token rejected for that.
        guard !keys.isEmpty else {
            throw ToolError(
                .csv, "expected a device UUID and a key in each row, found no row",
                context: [.init("file", name)], hint: "give the table that the devices' keys are in")
        }
        return keys
    }

    private static func rows(
        _ records: [CSVRecord], _ columns: Columns, _ name: String
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

    private static func row(_ record: CSVRecord, _ columns: Columns) throws(ToolError) -> Row {
        guard let uuidField = record[columns.uuid], let keyField = record[columns.key] else {
            throw ToolError(.csv, "expected a device UUID and a key, found \(record.count) columns")
        }
        guard let uuid = DeviceUUID(text: uuidField.bytes) else {
            throw ToolError(.csv, "expected a device UUID in column \(columns.uuid + 1)")
        }
        let spki: [UInt8]
        do {
            spki = try Base64.decodeStandard(keyField.bytes)
        } catch {
            throw ToolError(.csv, "expected a base64 SubjectPublicKeyInfo: \(error.message)")
        }
        guard let key = KeySource.p256(spki) else { throw KeySource.notP256 }
        return Row(line: record.line, uuid: uuid, key: IdentityKey(publicKey: key, trust: .given))
    }
}
