import DeviceIdentity
import Ledger
import SQLite

/// The index by which rows of the ledger are found: of a key, a device or a name, those that have to be looked at.
///
/// Keys come in no order, so that each would cost a page of a large table. It is a log-structured merge tree of two levels:
/// entries are noted in a small table (`recent_mark`) and moved from there to the large one (`mark`) by ranges; each time
/// a thousand rows came, those of the range whose turn it is, which have gathered since its last turn. A page of the large
/// table is then written for several of them at once, and a Bloom filter for each range (`mark_filter`) says of most keys
/// that the large table does not have them. In a ledger of a million certificates a plain index takes five times as long.
///
/// It belongs to one connection; what another process moves is noticed at the next ``refresh()``. Only this folder knows
/// the index's tables, but for the part of a dry run (``PlannedRows``).
final class LookupIndex {
    /// Into how many ranges the keys are divided.
    static let ranges: Int64 = 32

    private let store: StatementCache
    /// How many rows come between two moves; tests want few.
    var rowsPerMove: Int64 = 1_024
    private var filters = LookupFilters()
    private var knownSecret: LookupSecret?
    private var insert: Statement?
    private var filed: Statement?
    private var recent: [Bool: Statement] = [:]

    init(_ store: StatementCache) { self.store = store }

    // MARK: Keys

    /// What makes the ledger's look-up keys, read once.
    func secret() throws(SQLiteError) -> LookupSecret {
        if let knownSecret { return knownSecret }
        let secret = try LookupSecret(store)
        knownSecret = secret
        return secret
    }

    /// The range of a key.
    static func range(of key: LookupKey) -> Int64 { key.bits >> (LookupKey.width - 5) }

    /// The keys of a range, as they stand in the tables.
    static func bounds(of range: Int64) -> Range<Int64> {
        (range << (LookupKey.width - 5))..<((range + 1) << (LookupKey.width - 5))
    }

    // MARK: Looking up

    /// SQL for the rows under a key; others may be among them.
    ///
    /// - Parameter place: where the key's ``LookupKey/bits`` are bound.
    static func rows(of place: String) -> String {
        """
        SELECT issuance FROM recent_mark WHERE mark = \(place)
        UNION ALL SELECT issuance FROM mark WHERE mark = \(place)
        """
    }

    /// Whether there may be a row under any of the keys; `false` is certain.
    ///
    /// - Parameter isPlanning: whether the planned rows of a dry run are among those looked at.
    func mayHave(_ keys: [LookupKey], isPlanning: Bool) throws(SQLiteError) -> Bool {
        if try isRecent(keys, isPlanning) { return true }
        for key in keys where try isFiled(key) { return true }
        return false
    }

    /// Three at a time, which is what nearly all have at most.
    private func isRecent(_ keys: [LookupKey], _ isPlanning: Bool) throws(SQLiteError) -> Bool {
        let select = try recentStatement(isPlanning)
        for first in stride(from: 0, to: keys.count, by: 3) {
            select.begin()
            for offset in 0..<3 {
                let place = first + offset
                try select.set(
                    Int32(truncatingIfNeeded: offset + 1), place < keys.count ? keys[place].bits : nil)
            }
            defer { select.reset() }
            if try select.step() { return true }
        }
        return false
    }

    private func recentStatement(_ isPlanning: Bool) throws(SQLiteError) -> Statement {
        if let known = recent[isPlanning] { return known }
        let made = try store.connection.prepare(
            (isPlanning ? ["recent_mark", PlannedRows.index] : ["recent_mark"]).flatMap { table in
                (1...3).map { "SELECT 1 FROM \(table) WHERE mark = ?\($0)" }
            }.joined(separator: " UNION ALL "))
        recent[isPlanning] = made
        return made
    }

    private func isFiled(_ key: LookupKey) throws(SQLiteError) -> Bool {
        guard try filters.mayHave(key, store) else { return false }
        let select = try prepared(&filed, "SELECT 1 FROM mark WHERE mark = ?")
        select.begin()
        try select.set(1, key.bits)
        defer { select.reset() }
        return try select.step()
    }

    /// The filter that is kept for a range; `nil` without a usable one.
    func filter(of range: Int64) throws(SQLiteError) -> BloomFilter? { try LookupFilters.read(range, store) }

    /// Keys that are in the index more than once, each with its rows, in the order of the keys.
    func shared(_ body: (_ rows: [Int64]) throws(SQLiteError) -> Void) throws(SQLiteError) {
        let select = try store.connection.prepare(
            """
            SELECT mark, issuance FROM
                (SELECT mark, issuance FROM recent_mark UNION ALL SELECT mark, issuance FROM mark)
            ORDER BY mark, issuance
            """)
        var bits: Int64?
        var rows: [Int64] = []
        while try select.step() {
            if select.integer(0) != bits {
                if rows.count > 1 { try body(rows) }
                rows = []
            }
            bits = select.integer(0)
            rows.append(select.integer(1))
        }
        if rows.count > 1 { try body(rows) }
    }

    // MARK: Noting

    /// Enters a row under its keys; only inside a write transaction.
    func note(_ keys: [LookupKey], row: Int64) throws(SQLiteError) {
        let insert = try prepared(&insert, "INSERT INTO recent_mark (mark, issuance) VALUES (?, ?)")
        for key in keys {
            insert.begin()
            try insert.set(1, key.bits)
            try insert.set(2, row)
            _ = try insert.step()
        }
    }

    /// Made once, and not looked up by its text as others are: every certificate runs it.
    private func prepared(_ known: inout Statement?, _ sql: String) throws(SQLiteError) -> Statement {
        if let known { return known }
        let made = try store.connection.prepare(sql)
        known = made
        return made
    }

    /// Puts a secret into a file that has none; only inside a write transaction.
    func makeSecret() throws(SQLiteError) { try LookupSecret.make(in: store) }

    /// Forgets what was read: it may belong to a transaction that was rolled back.
    func reset() { filters.reset() }

    /// How many moves there were; what was read under another number of them is forgotten.
    @discardableResult
    func refresh() throws(SQLiteError) -> Int64 {
        let filing = try store.statement("SELECT moves FROM filing")
        try filing.bind()
        let done = try filing.step() ? filing.integer(0) : 0
        filing.reset()
        filters.renew(done)
        return done
    }

    // MARK: Moving

    /// Moves entries to the large table, if it is time; only inside a write transaction.
    ///
    /// - Parameter last: the last row of the ledger.
    func compact(upTo last: Int64) throws(SQLiteError) {
        let done = try refresh()
        let due = moves(rows: last)
        guard due > done else { return }
        // Of numbers that somebody tampered with only the order is used.
        let (count, overflow) = due.subtractingReportingOverflow(done)
        let turns = overflow || count >= Self.ranges ? 0...Self.ranges - 1 : due - count + 1...due
        let moved = turns.map { $0 % Self.ranges }
        for range in moved { try move(range) }
        filters.follow(moved, to: due)
        try store.statement("UPDATE filing SET moves = ?").run(.integer(due))
    }

    /// Indexes all rows anew: those of a store from before there was an index, or from before its secret.
    func rebuild() throws(SQLiteError) {
        try store.connection.execute("DELETE FROM mark; DELETE FROM recent_mark; DELETE FROM mark_filter")
        let secret = try secret()
        let rows = try store.connection.prepare(
            "SELECT id, key_id, device, subject, attestation_profile IS NULL FROM issuance ORDER BY id")
        var last: Int64 = 0
        while try rows.step() {
            last = rows.integer(0)
            let keys = secret.keys(
                keyID: rows.blob(1), device: DeviceUUID(bytes: rows.blob(2)[...]),
                holding: rows.integer(4) == 0 ? SubjectKeys(rows.text(3)) : nil)
            try note(keys.map(\.key), row: last)
        }
        for range in 0..<Self.ranges { try move(range) }
        try store.statement("UPDATE filing SET moves = ?").run(.integer(moves(rows: last)))
    }

    /// The moves that are due when the ledger has so many rows: none while the small table is all there is.
    private func moves(rows: Int64) -> Int64 { max(rows / max(rowsPerMove, 1) - Self.ranges, 0) }

    private func move(_ range: Int64) throws(SQLiteError) {
        let bounds = Self.bounds(of: range)
        let (low, high) = (
            Statement.Value.integer(bounds.lowerBound), Statement.Value.integer(bounds.upperBound)
        )
        let select = try store.statement("SELECT mark FROM recent_mark WHERE mark >= ? AND mark < ?")
        try select.bind(low, high)
        var keys: [LookupKey] = []
        while try select.step() { keys.append(LookupKey(bits: select.integer(0))) }
        try LookupFilters.add(keys, range: range, store)
        // In the order of the keys, so that each page of the large table is visited once.
        try store.statement(
            """
            INSERT INTO mark SELECT mark, issuance FROM recent_mark WHERE mark >= ? AND mark < ?
            ORDER BY mark, issuance
            """
        ).run(low, high)
        try store.statement("DELETE FROM recent_mark WHERE mark >= ? AND mark < ?").run(low, high)
    }
}
