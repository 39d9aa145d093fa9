import Attestation
import Batches
import CSV
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake

/// Reads a table of identity keys: `uuid,base64 SubjectPublicKeyInfo`, with or without a header.
///
/// Rows are decoded on all cores: with a key for each of many tokens the table is read before the first token is
/// verified, and one core alone would keep the others waiting.
enum KeyTable {
    static let expected = Expectation(.csv, "a table of keys", form: .lines)

    /// - Throws: ``ToolError`` with `csv`, `csr-key`, `key-conflict` or `io`, and the place.
    static func read(_ source: SourceReader) throws(ToolError) -> [DeviceUUID: IdentityKey] {
        // Escaped once: looking up each character's category for every row took half of the table's time.
        let name = source.name.escapedForTerminal
        var keys: [DeviceUUID: IdentityKey] = [:]
        let settlement = Settlement<KeyRow> { rows throws(ToolError) in
            for row in rows {
                if let known = keys.updateValue(row.key, forKey: row.uuid), known != row.key {
                    throw ToolError(
                        .keyConflict, "two different keys for device \(row.uuid)",
                        context: [.init("file", "\(name):\(row.line)")], hint: "keep one row a device")
                }
            }
            return true
        }
        let run = BatchRun(.keyRow, form: .unwritten, jobs: System.coreCount, mayBeEmpty: true)
        _ = try run.run(
            KeyTableRecords(source.source, name: name), to: StandardStream.output(), telling: NoEvents(),
            settlement: settlement
        ) {
            KeyRowJudge(name)
        }
        guard !Interruption.requested else { throw Interruption.error }
        // Every device would be unknown, and every token rejected for that.
        guard !keys.isEmpty else {
            throw ToolError(
                .csv, "expected a device UUID and a key in each row, found no row",
                context: [.init("file", name)], hint: "give the table that the devices' keys are in")
        }
        return keys
    }
}
