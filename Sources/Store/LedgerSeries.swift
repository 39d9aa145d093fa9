import SQLite

/// The pairs of CA and profile that the ledger knows, and their numbers, as one transaction sees them.
struct LedgerSeries {
    private struct Entry {
        let number: Int64
        /// SHA-256 of the CA's name and key, 32 bytes.
        let authority: [UInt8]
        let profile: String
    }

    private var entries: [Entry] = []

    init(_ store: SQLiteStore) throws(SQLiteError) {
        let select = try store.statement("SELECT id, authority, profile FROM series ORDER BY id")
        try select.bind()
        while try select.step() {
            entries.append(
                Entry(number: select.integer(0), authority: select.blob(1), profile: select.text(2)))
        }
    }

    /// The number of a pair. A new one gets a number that no ledger gives.
    mutating func plannedNumber(_ authority: [UInt8], _ profile: String) -> Int64 {
        for entry in entries where entry.profile == profile && entry.authority == authority {
            return entry.number
        }
        let number = -1 - Int64(entries.count)
        entries.append(Entry(number: number, authority: authority, profile: profile))
        return number
    }

    /// The number of a pair; a new one is put on record.
    mutating func number(
        _ authority: [UInt8], _ profile: String, _ store: SQLiteStore
    ) throws(SQLiteError) -> Int64 {
        for entry in entries where entry.profile == profile && entry.authority == authority {
            return entry.number
        }
        try store.statement("INSERT INTO series (authority, profile) VALUES (?, ?)")
            .run(.blob(authority), .text(profile))
        let number = store.connection.lastInsertedRow
        entries.append(Entry(number: number, authority: authority, profile: profile))
        return number
    }

    /// The number of a pair, if it has one.
    func knownNumber(_ authority: [UInt8], _ profile: String) -> Int64? {
        entries.first { $0.profile == profile && $0.authority == authority }?.number
    }

    /// The pair with a number.
    func pair(_ number: Int64) -> (authority: [UInt8], profile: String)? {
        entries.first { $0.number == number }.map { ($0.authority, $0.profile) }
    }
}
