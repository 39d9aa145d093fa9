import SQLite

/// The statements that every certificate runs.
final class LedgerStatements {
    let anyRecent: Statement
    let anyFiled: Statement
    let ofKey: Statement
    let ofDevice: Statement
    let attested: Statement
    let intend: Statement
    let mark: Statement
    let enter: Statement

    init(_ store: SQLiteStore) throws(SQLiteError) {
        anyRecent = try store.statement(
            """
            SELECT 1 FROM recent_mark WHERE mark = ? UNION ALL SELECT 1 FROM recent_mark WHERE mark = ?
            UNION ALL SELECT 1 FROM recent_mark WHERE mark = ?
            """)
        anyFiled = try store.statement("SELECT 1 FROM mark WHERE mark = ?")
        ofKey = try store.statement(
            """
            SELECT id, series, request, device, subject, replaced_by, reason, attestation_profile FROM issuance
            WHERE id IN (\(Mark.rows(of: "?1"))) AND key_id = ?2
            """)
        ofDevice = try store.statement(
            """
            SELECT id, serial FROM issuance
            WHERE id IN (\(Mark.rows(of: "?1"))) AND device = ?2 AND series = ?3 AND replaced_by = 0
                AND (?4 = 0 OR attestation_profile IS NOT NULL)
            """)
        attested = try store.statement(
            """
            SELECT series, key_id, device, subject, serial FROM issuance
            WHERE id IN (\(Mark.rows(of: "?1"))) AND attestation_profile IS NOT NULL
            """)
        intend = try store.statement(
            """
            INSERT INTO issuance (id, series, request, serial, key_id, device, subject, not_before, not_after,
                tbs_digest, attestation_profile, attestation_key, intended_at, replaces)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        mark = try store.statement("INSERT INTO recent_mark (mark, issuance) VALUES (?, ?)")
        enter = try store.statement(
            """
            INSERT INTO certificate (id, issued_at, der, seq, hash) SELECT ?1, ?2, ?3, ?4, ?5
            WHERE NOT EXISTS (SELECT 1 FROM issuance WHERE id = ?1 AND reason IS NOT NULL)
            ON CONFLICT (id) DO NOTHING
            """)
    }
}
