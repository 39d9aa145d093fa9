import DeviceIdentity
import Ledger
import SQLite

/// By what the rows of the ledger are found: 48 bits of a key, a device or a name (``MarkSecret``), which lead to the rows that have to be looked
/// at.
///
/// Marks come in no order, so that each would cost a page of a large table. They are noted in a small table first and
/// moved from there by ranges: each time a thousand rows came, those of the range whose turn it is, which have gathered
/// since its last turn. A page of the large table is then written for several of them at once.
enum Mark {
    private static let bits: Int64 = 48
    /// Into how many ranges the marks are divided.
    static let ranges: Int64 = 32
    /// How many rows come between two moves.
    static let rowsPerMove: Int64 = 1_024

    /// The mark of a key: the first 6 octets of its SHA-256.
    static func key(_ keyID: [UInt8]) -> Int64 {
        keyID.prefix(6).reduce(0) { $0 << 8 | Int64($1) }
    }

    /// SQL for the rows with a mark.
    static func rows(of mark: String) -> String {
        """
        SELECT issuance FROM recent_mark WHERE mark = \(mark)
        UNION ALL SELECT issuance FROM mark WHERE mark = \(mark)
        """
    }

    /// The moves that are due when the ledger has so many rows: none while the small table is all there is.
    private static func moves(_ store: SQLiteStore, rows: Int64) -> Int64 {
        max(rows / max(store.rowsPerMove, 1) - ranges, 0)
    }

    /// The range of a mark.
    static func range(of mark: Int64) -> Int64 { mark >> (bits - 5) }

    /// The marks of a range.
    static func bounds(of range: Int64) -> Range<Int64> {
        (range << (bits - 5))..<((range + 1) << (bits - 5))
    }

    /// How many moves there were; what was read under another number of them is forgotten.
    @discardableResult
    static func look(in store: SQLiteStore) throws(SQLiteError) -> Int64 {
        let filing = try store.statement("SELECT moves FROM filing")
        try filing.bind()
        let done = try filing.step() ? filing.integer(0) : 0
        filing.reset()
        store.markFilters.renew(done)
        return done
    }

    /// Moves marks to the large table, if it is time; only inside a write transaction.
    ///
    /// - Parameter last: the last row of the ledger.
    static func file(in store: SQLiteStore, upTo last: Int64) throws(SQLiteError) {
        let done = try look(in: store)
        let due = moves(store, rows: last)
        guard due > done else { return }
        // Of numbers that somebody tampered with only the order is used.
        let (count, overflow) = due.subtractingReportingOverflow(done)
        let turns = overflow || count >= ranges ? 0...ranges - 1 : due - count + 1...due
        let moved = turns.map { $0 % ranges }
        for range in moved { try move(range, store) }
        store.markFilters.follow(moved, to: due)
        try store.statement("UPDATE filing SET moves = ?").run(.integer(due))
    }

    /// Files the marks of all rows anew: those of a store of before there were any, or of before their secret.
    static func fileAll(in store: SQLiteStore) throws(SQLiteError) {
        try store.connection.execute("DELETE FROM mark; DELETE FROM recent_mark; DELETE FROM mark_filter")
        let secret = try store.markSecret.get()
        let rows = try store.connection.prepare(
            "SELECT id, key_id, device, subject, attestation_profile IS NULL FROM issuance ORDER BY id")
        let insert = try store.connection.prepare("INSERT INTO recent_mark (mark, issuance) VALUES (?, ?)")
        var last: Int64 = 0
        while try rows.step() {
            last = rows.integer(0)
            let marks = secret.marks(
                keyID: rows.blob(1), device: DeviceUUID(bytes: rows.blob(2)[...]),
                holding: rows.integer(4) == 0 ? SubjectKeys(rows.text(3)) : nil)
            for entry in marks { try insert.run(.integer(entry.mark), .integer(last)) }
        }
        for range in 0..<ranges { try move(range, store) }
        try store.statement("UPDATE filing SET moves = ?").run(.integer(moves(store, rows: last)))
    }

    private static func move(_ range: Int64, _ store: SQLiteStore) throws(SQLiteError) {
        let bounds = bounds(of: range)
        let (low, high) = (
            Statement.Value.integer(bounds.lowerBound), Statement.Value.integer(bounds.upperBound)
        )
        let select = try store.statement("SELECT mark FROM recent_mark WHERE mark >= ? AND mark < ?")
        try select.bind(low, high)
        var marks: [Int64] = []
        while try select.step() { marks.append(select.integer(0)) }
        try MarkFilters.add(marks, range: range, store)
        // In the order of the marks, so that each page of the large table is visited once.
        try store.statement(
            """
            INSERT INTO mark SELECT mark, issuance FROM recent_mark WHERE mark >= ? AND mark < ?
            ORDER BY mark, issuance
            """
        ).run(low, high)
        try store.statement("DELETE FROM recent_mark WHERE mark >= ? AND mark < ?").run(low, high)
    }
}
