import SQLite

/// By what the rows of the ledger are found: their keys and their devices.
///
/// Marks come in no order. They are noted in a small table first and moved to the large one many at a time.
enum Mark {
    /// How many rows of the ledger have their marks in the small table at most, but for the last transaction: each
    /// transaction writes all of its pages, each move most pages of the large one.
    static let recentRows: Int64 = 32_768

    /// Octets in the mark of a key: as much of its SHA-256 as tells keys apart. A device's mark is its UUID.
    static let keyOctets = 8

    /// SQL for the rows with a mark.
    static func rows(of octets: String) -> String {
        """
        SELECT issuance FROM recent_mark WHERE octets = \(octets)
        UNION ALL SELECT issuance FROM mark WHERE octets = \(octets)
        """
    }

    /// Moves the marks to the large table, if there are many; only inside a write transaction.
    ///
    /// - Parameter last: the last row of the ledger.
    static func file(in store: SQLiteStore, upTo last: Int64) throws(SQLiteError) {
        let filing = try store.statement("SELECT through FROM filing")
        try filing.bind()
        let through = try filing.step() ? filing.integer(0) : 0
        filing.reset()
        let (count, overflow) = last.subtractingReportingOverflow(through)
        guard overflow || count > store.recentRows else { return }
        // In the order of the marks, so that each page of the large table is visited once.
        try store.connection.execute(
            """
            INSERT INTO mark SELECT octets, issuance FROM recent_mark ORDER BY octets, issuance;
            DELETE FROM recent_mark;
            """)
        try store.statement("UPDATE filing SET through = ?").run(.integer(last))
    }
}
