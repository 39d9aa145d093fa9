import SQLite

/// The filters of the index's large table, one for each range, as far as this connection has read them.
///
/// In a ledger of a million certificates a look into the large table costs as much as all else that is done to note an
/// intent; nearly all keys and devices are new. What another process moves makes the filters read here old: they are
/// good for one count of moves.
struct LookupFilters {
    /// Reading them pays from so many look-ups on.
    static let patience = 256
    /// So many octets are kept in memory; for ranges beyond it the table is looked at.
    private static let limit = 8 << 20

    private var moves: Int64 = -1
    /// Whether nothing was ever moved to the large table; `nil` while nobody has looked.
    private var isEmpty: Bool?
    private var filters: [Int64: BloomFilter] = [:]
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

    /// Whether the large table may have the key; `false` is certain.
    mutating func mayHave(_ key: LookupKey, _ store: StatementCache) throws(SQLiteError) -> Bool {
        if try isTableEmpty(store) { return false }
        if lookups < Self.patience {
            lookups += 1
            return true
        }
        let range = LookupIndex.range(of: key)
        if let known = filters[range] { return known.mayContain(key) }
        guard size < Self.limit, let read = try Self.read(range, store) else { return true }
        filters[range] = read
        size += read.octets.count
        return read.mayContain(key)
    }

    /// Small ledgers have nothing in the large table. What is read once holds until the next move.
    private mutating func isTableEmpty(_ store: StatementCache) throws(SQLiteError) -> Bool {
        if let isEmpty { return isEmpty }
        let select = try store.statement("SELECT 1 FROM mark LIMIT 1")
        try select.bind()
        defer { select.reset() }
        let found = try !select.step()
        isEmpty = found
        return found
    }

    /// The filter that is kept for a range; `nil` without a usable one.
    static func read(_ range: Int64, _ store: StatementCache) throws(SQLiteError) -> BloomFilter? {
        let select = try store.statement("SELECT entries, octets FROM mark_filter WHERE range = ?")
        try select.bind(.integer(range))
        defer { select.reset() }
        guard try select.step() else { return nil }
        return BloomFilter(count: select.integer(0), octets: select.blob(1))
    }

    /// Adds keys of a range that are being moved; only inside the transaction that moves them, before it does.
    static func add(_ keys: [LookupKey], range: Int64, _ store: StatementCache) throws(SQLiteError) {
        guard !keys.isEmpty else { return }
        var filter = try read(range, store)
        if filter?.isFull != false { filter = try make(range, additional: keys.count, store) }
        guard var filter else { return }
        for key in keys { filter.insert(key) }
        try store.statement("INSERT OR REPLACE INTO mark_filter (range, entries, octets) VALUES (?, ?, ?)")
            .run(.integer(range), .integer(Int64(filter.count)), .blob(filter.octets))
    }

    /// A filter for what the large table has of a range, with room for as much again.
    private static func make(
        _ range: Int64, additional: Int, _ store: StatementCache
    ) throws(SQLiteError) -> BloomFilter {
        let bounds = LookupIndex.bounds(of: range)
        let select = try store.statement("SELECT mark FROM mark WHERE mark >= ? AND mark < ?")
        try select.bind(.integer(bounds.lowerBound), .integer(bounds.upperBound))
        var keys: [LookupKey] = []
        while try select.step() { keys.append(LookupKey(bits: select.integer(0))) }
        var filter = BloomFilter(capacity: 2 * (keys.count + additional))
        for key in keys { filter.insert(key) }
        return filter
    }
}
