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

    /// - Parameter isPlanning: whether the planned rows of a dry run are among those looked at.
    init(_ store: SQLiteStore, isPlanning: Bool = false) throws(SQLiteError) {
        anyRecent = try store.statement(
            (isPlanning ? ["recent_mark", "planned_mark"] : ["recent_mark"]).flatMap { table in
                (1...3).map { "SELECT 1 FROM \(table) WHERE mark = ?\($0)" }
            }.joined(separator: " UNION ALL "))
        anyFiled = try store.statement("SELECT 1 FROM mark WHERE mark = ?")
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
        mark = try store.statement("INSERT INTO recent_mark (mark, issuance) VALUES (?, ?)")
        enter = try store.statement(
            """
            INSERT INTO certificate (id, issued_at, der, seq, hash) SELECT ?1, ?2, ?3, ?4, ?5
            WHERE NOT EXISTS (SELECT 1 FROM issuance WHERE id = ?1 AND reason IS NOT NULL)
            ON CONFLICT (id) DO NOTHING
            """)
    }

    /// A look at the rows with the mark `?1` of which a condition holds, and behind them at those that a dry run plans.
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
        guard isPlanning else { return select("issuance", Mark.rows(of: "?1"), "replaced_by") }
        return select("issuance", Mark.rows(of: "?1"), PlannedRows.replacedBy) + " UNION ALL "
            + select("planned", PlannedRows.rows(of: "?1"), "replaced_by")
    }

    /// Whether a row may be of the same key, the same device or the same name.
    func isKnown(_ marks: [Int64], _ store: SQLiteStore) throws(SQLiteError) -> Bool {
        if try isRecent(marks) { return true }
        for mark in marks where try isFiled(mark, store) { return true }
        return false
    }

    /// Three at a time, which is what nearly all have at most.
    private func isRecent(_ marks: [Int64]) throws(SQLiteError) -> Bool {
        let recent = anyRecent
        for first in stride(from: 0, to: marks.count, by: 3) {
            recent.begin()
            for offset in 0..<3 {
                let place = first + offset
                try recent.set(
                    Int32(truncatingIfNeeded: offset + 1), place < marks.count ? marks[place] : nil)
            }
            defer { recent.reset() }
            if try recent.step() { return true }
        }
        return false
    }

    private func isFiled(_ mark: Int64, _ store: SQLiteStore) throws(SQLiteError) -> Bool {
        guard try store.markFilters.mayHave(mark, store) else { return false }
        let select = anyFiled
        select.begin()
        try select.set(1, mark)
        defer { select.reset() }
        return try select.step()
    }
}
