import DeviceIdentity
import Diagnostics
import Ledger
import SQLite

/// Compares the index by which rows are found with the rows.
struct LookupIndexCheck {
    private let store: SQLiteStore

    init(_ store: SQLiteStore) { self.store = store }

    /// A row that is not under its keys is not found: its key, its device or its name would be certified again.
    func finish(_ verdict: inout LedgerVerdict) throws(SQLiteError) {
        let secret = try store.lookup.secret()
        let rows = try store.connection.prepare(
            "SELECT id, serial, key_id, device, subject, attestation_profile IS NULL FROM issuance ORDER BY id"
        )
        let select = try store.connection.prepare(
            """
            SELECT 0 FROM recent_mark WHERE mark = ?1 AND issuance = ?2
            UNION ALL SELECT 1 FROM mark WHERE mark = ?1 AND issuance = ?2
            """)
        var filters: [Int64: BloomFilter] = [:]
        for range in 0..<LookupIndex.ranges { filters[range] = try store.lookup.filter(of: range) }
        while try rows.step() {
            let keys = secret.keys(
                keyID: rows.blob(2), device: DeviceUUID(bytes: rows.blob(3)[...]),
                holding: rows.integer(5) == 0 ? SubjectKeys(rows.text(4)) : nil)
            for (what, key) in keys {
                try select.bind(.integer(key.bits), .integer(rows.integer(0)))
                defer { select.reset() }
                if try select.step() {
                    // One that is in the large table and not in its filter would be passed over.
                    if select.integer(0) == 0 || filters[LookupIndex.range(of: key)]?.mayContain(key) != false
                    {
                        continue
                    }
                }
                let serial = rows.blob(1)
                verdict.add(
                    LedgerFinding(
                        .digest, "the \(what) of \(Hex.encode(serial)) is not in the look-up index",
                        serial: serial))
            }
        }
    }
}
