import SQLite

/// The statements that every certificate runs.
final class LedgerStatements {
    let ofKey: Statement
    let ofDevice: Statement
    let attested: Statement
    let intend: Statement
    let enter: Statement

    /// - Parameter isPlanning: whether the planned rows of a dry run are among those looked at.
    init(_ store: SQLiteStore, isPlanning: Bool = false) throws(SQLiteError) {
        ofKey = try store.statement(Self.look(isPlanning) { _ in "key_id = ?2" })
        ofDevice = try store.statement(
            Self.look(isPlanning) { replacedBy in
                """
                device = ?2 AND series = ?3 AND \(replacedBy) = 0 AND (?4 = 0 OR attestation_profile IS NOT NULL)
                """
            })
        attested = try store.statement(Self.look(isPlanning) { _ in "attestation_profile IS NOT NULL" })
        intend = try store.statement(
            """
            INSERT INTO issuance (id, series, request, serial, key_id, device, subject, not_before, not_after,
                tbs_digest, attestation_profile, attestation_key, intended_at, replaces)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        enter = try store.statement(
            """
            INSERT INTO certificate (id, issued_at, der, seq, hash) SELECT ?1, ?2, ?3, ?4, ?5
            WHERE NOT EXISTS (SELECT 1 FROM issuance WHERE id = ?1 AND reason IS NOT NULL)
            ON CONFLICT (id) DO NOTHING
            """)
    }

    /// A look at the rows under the look-up key `?1` of which a condition holds, and after them at those that a dry run plans.
    ///
    /// - Parameter condition: composed with what says by which row one is replaced.
    private static func look(_ isPlanning: Bool, where condition: (_ replacedBy: String) -> String) -> String
    {
        func select(_ table: String, _ rows: String, _ replacedBy: String) -> String {
            """
            SELECT id, series, request, serial, key_id, device, subject, attestation_profile, \(replacedBy), reason
            FROM \(table) WHERE id IN (\(rows)) AND \(condition(replacedBy))
            """
        }
        guard isPlanning else { return select("issuance", LookupIndex.rows(of: "?1"), "replaced_by") }
        return select("issuance", LookupIndex.rows(of: "?1"), PlannedRows.replacedBy) + " UNION ALL "
            + select("planned", PlannedRows.rows(of: "?1"), "replaced_by")
    }
}
