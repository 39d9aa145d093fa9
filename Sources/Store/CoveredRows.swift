import SQLite

/// The rows of a table in the order of the entries that vouch for them, beside the entries in the same order.
struct CoveredRows {
    private let select: Statement
    private var isAtRow: Bool

    /// - Parameter sql: its first column is the number of the entry, by which it is ordered.
    init(_ sql: String, _ store: SQLiteStore) throws(SQLiteError) {
        select = try store.connection.prepare(sql)
        isAtRow = try select.step()
    }

    /// Calls `body` for each row of an entry, and `stray` for those before it, for which no entry vouches.
    mutating func take(
        _ sequence: Int64, _ body: (Statement) throws(SQLiteError) -> Void,
        stray: (Statement) throws(SQLiteError) -> Void
    ) throws(SQLiteError) {
        while isAtRow, select.integer(0) <= sequence {
            if select.isNull(0) || select.integer(0) < sequence {
                try stray(select)
            } else {
                try body(select)
            }
            isAtRow = try select.step()
        }
    }

    /// The rows that are left at the end: no entry vouches for them.
    mutating func rest(_ stray: (Statement) throws(SQLiteError) -> Void) throws(SQLiteError) {
        try take(.max, stray, stray: stray)
    }
}
