import SQLite

/// The filters of the large table of marks, one for each range, as far as this connection has read them.
///
/// In a ledger of a million certificates a look into the large table costs as much as all else that is done to note an
/// intent; nearly all keys and devices are new. What another process moves makes the filters read here old: they are
/// good for one count of moves.
struct MarkFilters {
    /// Reading them pays from so many look-ups on.
    static let patience = 256
    /// So many octets are kept in memory; for ranges beyond it the table is looked at.
    private static let limit = 8 << 20

    private var moves: Int64 = -1
    /// Whether nothing was ever moved to the large table; `nil` while nobody has looked.
    private var isEmpty: Bool?
    private var filters: [Int64: MarkFilter] = [:]
    private var size = 0
    private var lookups = 0

    /// Forgets what was read under another count of moves.
    mutating func renew(_ current: Int64) {
        if current != moves { reset() }
        moves = current
    }

    /// Follows moves of this connection's own: only the ranges that they filled are read again.
    mutating func follow(_ ranges: some Sequence<Int64>, to current: Int64) {
        for range in ranges {
            if let old = filters.removeValue(forKey: range) { size -= old.octets.count }
        }
        isEmpty = nil
        moves = current
    }

    /// Forgets everything: what was read may belong to a transaction that was rolled back.
    mutating func reset() {
        moves = -1
        isEmpty = nil
        filters = [:]
        size = 0
    }

    /// Whether the large table may have the mark; `false` is certain.
    mutating func mayHave(_ mark: Int64, _ store: SQLiteStore) throws(SQLiteError) -> Bool {
        if try isTableEmpty(store) { return false }
        if lookups < Self.patience {
            lookups += 1
            return true
        }
        let range = Mark.range(of: mark)
        if let known = filters[range] { return known.mayContain(mark) }
        guard size < Self.limit, let read = try Self.read(range, store) else { return true }
        filters[range] = read
        size += read.octets.count
        return read.mayContain(mark)
    }

    /// Small ledgers have no marks in the large table. What is read once holds until the next move.
    private mutating func isTableEmpty(_ store: SQLiteStore) throws(SQLiteError) -> Bool {
        if let isEmpty { return isEmpty }
        let select = try store.statement("SELECT 1 FROM mark LIMIT 1")
        try select.bind()
        defer { select.reset() }
        let found = try !select.step()
        isEmpty = found
        return found
    }

    /// The filter that is kept for a range; `nil` without a usable one.
    static func read(_ range: Int64, _ store: SQLiteStore) throws(SQLiteError) -> MarkFilter? {
        let select = try store.statement("SELECT entries, octets FROM mark_filter WHERE range = ?")
        try select.bind(.integer(range))
        defer { select.reset() }
        guard try select.step() else { return nil }
        return MarkFilter(count: select.integer(0), octets: select.blob(1))
    }

    /// Adds marks of a range that are being moved; only inside the transaction that moves them, before it does.
    static func add(_ marks: [Int64], range: Int64, _ store: SQLiteStore) throws(SQLiteError) {
        guard !marks.isEmpty else { return }
        var filter = try read(range, store)
        if filter?.isFull != false { filter = try make(range, additional: marks.count, store) }
        guard var filter else { return }
        for mark in marks { filter.insert(mark) }
        try store.statement("INSERT OR REPLACE INTO mark_filter (range, entries, octets) VALUES (?, ?, ?)")
            .run(.integer(range), .integer(Int64(filter.count)), .blob(filter.octets))
    }

    /// A filter for what the large table has of a range, with room for as much again.
    private static func make(
        _ range: Int64, additional: Int, _ store: SQLiteStore
    ) throws(SQLiteError) -> MarkFilter {
        let bounds = Mark.bounds(of: range)
        let select = try store.statement("SELECT mark FROM mark WHERE mark >= ? AND mark < ?")
        try select.bind(.integer(bounds.lowerBound), .integer(bounds.upperBound))
        var marks: [Int64] = []
        while try select.step() { marks.append(select.integer(0)) }
        var filter = MarkFilter(capacity: 2 * (marks.count + additional))
        for mark in marks { filter.insert(mark) }
        return filter
    }
}
