import DeviceIdentity
public import Diagnostics
public import Ledger
import SQLite

extension SQLiteStore {
    /// Rows of the ledger by their number: at most `limit` after row `id`.
    public func issuances(after id: Int64, limit: Int) throws(ToolError) -> [IssuanceRecord] {
        try read("cannot read the ledger") { () throws(SQLiteError) in
            let select = try statement(
                """
                SELECT \(Self.issuanceColumns) FROM \(Self.issuanceTables)
                WHERE issuance.id > ? ORDER BY issuance.id LIMIT ?
                """)
            try select.bind(.integer(id), .integer(Int64(limit)))
            defer { select.reset() }
            var rows: [IssuanceRecord] = []
            while try select.step() { rows.append(Self.issuance(select)) }
            return rows
        }
    }

    /// What has to be unique in the ledger and is not, whatever became of the indexes that see to it; names of two
    /// devices; and certificates that stand with a compromised key.
    public func duplicates() throws(ToolError) -> [LedgerFinding] {
        try read("cannot read the ledger") { () throws(SQLiteError) in
            var findings: [LedgerFinding] = []
            let serials = try connection.prepare(
                "SELECT serial, count(*) FROM issuance NOT INDEXED GROUP BY serial HAVING count(*) > 1")
            while try serials.step() {
                let serial = serials.blob(0)
                findings.append(
                    LedgerFinding(
                        .lint, "the serial number \(Hex.encode(serial)) was used \(serials.integer(1)) times",
                        serial: serial))
            }
            let keys = try connection.prepare(
                """
                SELECT key_id, count(DISTINCT device) FROM issuance NOT INDEXED WHERE device IS NOT NULL
                GROUP BY (SELECT authority FROM series WHERE series.id = issuance.series), key_id
                HAVING count(DISTINCT device) > 1
                """)
            while try keys.step() {
                findings.append(
                    LedgerFinding(
                        .keyReused,
                        "the public key \(Hex.encode(keys.blob(0))) is certified for \(keys.integer(1)) devices"
                    ))
            }
            let requests = try connection.prepare(
                """
                SELECT request, count(*) FROM issuance NOT INDEXED WHERE replaced_by = 0
                GROUP BY series, request HAVING count(*) > 1
                """)
            while try requests.step() {
                findings.append(
                    LedgerFinding(
                        .lint,
                        "the request \(Hex.encode(requests.blob(0))) has \(requests.integer(1)) certificates")
                )
            }
            return try findings + sharedNames() + compromisedCertificates()
        }
    }
}
