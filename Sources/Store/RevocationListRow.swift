import SQLite

/// What the ledger keeps of a CRL.
struct RevocationListRow: Equatable {
    let authority: [UInt8]
    let number: Int64
    let thisUpdate: Int64
    let nextUpdate: Int64
    /// SHA-256 of the CRL.
    let digest: [UInt8]
}

extension SQLiteStore {
    func revocationList(_ authority: [UInt8], _ number: Int64) throws(SQLiteError) -> RevocationListRow? {
        let select = try statement(
            "SELECT authority, number, this_update, next_update, digest FROM crl WHERE authority = ? AND number = ?"
        )
        try select.bind(.blob(authority), .integer(number))
        defer { select.reset() }
        return try select.step() ? Self.revocationList(select) : nil
    }

    /// Reads `authority, number, this_update, next_update, digest`.
    static func revocationList(_ row: Statement) -> RevocationListRow {
        RevocationListRow(
            authority: row.blob(0), number: row.integer(1), thisUpdate: row.integer(2),
            nextUpdate: row.integer(3), digest: row.blob(4))
    }
}
