import Attestation
import Batches
import CSV
import DeviceIdentity
import Diagnostics
import Intake
import JSON
import OpenSSL
import PKIX

/// A device and its key: a row of a table of keys, of which nothing is told.
struct KeyRow: Report {
    let line: Int
    let uuid: DeviceUUID
    let key: IdentityKey

    var outcome: Outcome { .good }
    var reason: String? { nil }
    var text: [UInt8] { [] }
    func write(json writer: inout JSONWriter) {}
}

/// Decodes the rows of a table of keys. One per thread.
final class KeyRowJudge: Judge {
    private let name: String

    /// - Parameter name: what errors call the table.
    init(_ name: String) { self.name = name }

    /// - Throws: ``ToolError`` with `csv`, `csr-key` or `pem` for the first row that is none: it ends the run.
    func judge(_ block: KeyTableRecords.Block, _ results: inout Results<KeyRow>) throws(ToolError) {
        for record in block.records {
            do throws(ToolError) {
                results.add(try row(record, block.columns))
            } catch {
                throw error.at("file", "\(name):\(record.line)")
            }
        }
    }

    private func row(_ record: CSVRecord, _ columns: ColumnPlaces) throws(ToolError) -> KeyRow {
        let keyColumns = [columns[.spkiBase64], columns[.publicKeyPem]].compactMap { $0 }
        guard let uuidColumn = columns[.uuid], let uuidField = record[uuidColumn],
            keyColumns.contains(where: { record[$0] != nil })
        else {
            if record.count == 1, let failure = record.delimiterFailure {
                throw ToolError(
                    failure.code, failure.message,
                    hint:
                        "put a line before the others that names the separator, such as sep=;, or save it again with commas"
                )
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
        return KeyRow(line: record.line, uuid: uuid, key: IdentityKey(publicKey: key, trust: .given))
    }

    private func base64(_ field: CSVField) throws(ToolError) -> [UInt8] {
        do {
            return try Base64.decodeStandard(field.bytes)
        } catch {
            throw ToolError(.csv, "expected a base64 SubjectPublicKeyInfo: \(error.message)")
        }
    }

    private func pem(_ field: CSVField) throws(ToolError) -> [UInt8] {
        do {
            return try PEMDocument(Array(field.bytes)).single("PUBLIC KEY")
        } catch {
            throw ToolError(.pem, "\(error.description) of the key")
        }
    }
}
