package import Diagnostics
package import Journal
import SQLite

/// Journals of what is sent to services. What happens to an entry, ``JournalRules`` say; here it is kept.
extension SQLiteStore {
    /// The number of a journal, which is made where there is none.
    package func journal(_ scope: JournalScope) throws(ToolError) -> Int64 {
        try write("cannot write to the store") { () throws(SQLiteError) in
            try statement("INSERT OR IGNORE INTO journal (kind, service, team) VALUES (?, ?, ?)").run(
                .text(scope.kind.rawValue), .text(scope.service), .text(scope.team))
            return try journalNumber(scope) ?? 0
        }
    }

    /// The number of a journal; `nil` where nothing was ever sent.
    package func existingJournal(_ scope: JournalScope) throws(ToolError) -> Int64? {
        try read("cannot read the store") { () throws(SQLiteError) in try journalNumber(scope) }
    }

    private func journalNumber(_ scope: JournalScope) throws(SQLiteError) -> Int64? {
        let select = try statement("SELECT id FROM journal WHERE kind = ? AND service = ? AND team = ?")
        defer { select.reset() }
        try select.bind(.text(scope.kind.rawValue), .text(scope.service), .text(scope.team))
        return try select.step() ? select.integer(0) : nil
    }

    /// The teams of which there is a journal of this kind for a service.
    package func journalTeams(
        _ kind: JournalScope.Kind, service: String
    ) throws(ToolError) -> [String] {
        try read("cannot read the store") { () throws(SQLiteError) in
            let select = try statement("SELECT team FROM journal WHERE kind = ? AND service = ? ORDER BY id")
            defer { select.reset() }
            try select.bind(.text(kind.rawValue), .text(service))
            var teams: [String] = []
            while try select.step() { teams.append(select.text(0)) }
            return teams
        }
    }

    /// Begins a run: a number that no other run has or had.
    package func beginRun(at time: Int64) throws(ToolError) -> Int64 {
        try write("cannot write to the store") { () throws(SQLiteError) in
            try statement("INSERT INTO journal_run (begun_at) VALUES (?)").run(.integer(time))
            return connection.lastInsertedRow
        }
    }

    /// Decides what is to be done about each key, and enters what has to be on disk before it is done.
    ///
    /// - Parameters:
    ///   - note: what is noted of those that are to be sent.
    ///   - isAlive: whether the run of a number is at work, be it in this process or in another.
    package func take(
        _ keys: [[UInt8]], in journal: Int64, by run: Int64, retriesFailed: Bool, note: String = "",
        at time: Int64, isAlive: (Int64) -> Bool
    ) throws(ToolError) -> [JournalRules.Decision] {
        var alive: [Int64: Bool] = [:]
        func isKnownAlive(_ run: Int64) -> Bool {
            if let known = alive[run] { return known }
            let answer = isAlive(run)
            alive[run] = answer
            return answer
        }
        return try write("cannot write to the store") { () throws(SQLiteError) in
            try keys.map { key throws(SQLiteError) in
                let entry = try journalEntry(key, journal)
                let (decision, event) = JournalRules.decide(
                    entry, by: run, retriesFailed: retriesFailed, note: note, isAlive: isKnownAlive)
                if let event { try enter(event, entry, key, journal, run, time) }
                return decision
            }
        }
    }

    /// Enters what happened to things that a run has in hand.
    package func record(
        _ events: [(key: [UInt8], event: JournalEvent)], in journal: Int64, by run: Int64, at time: Int64
    ) throws(ToolError) {
        try write("cannot write to the store") { () throws(SQLiteError) in
            for (key, event) in events {
                try enter(event, try journalEntry(key, journal), key, journal, run, time)
            }
        }
    }

    /// What is known of a key.
    package func entry(_ key: [UInt8], in journal: Int64) throws(ToolError) -> JournalEntry? {
        try read("cannot read the store") { () throws(SQLiteError) in try journalEntry(key, journal) }
    }

    /// The notes of all that was accepted under keys that begin so.
    package func acceptedNotes(
        under prefix: [UInt8], in journal: Int64
    ) throws(ToolError) -> [String] {
        try read("cannot read the store") { () throws(SQLiteError) in
            let select = try statement(
                "SELECT note FROM journal_entry WHERE journal = ? AND key BETWEEN ? AND ? AND state = 4 ORDER BY key"
            )
            defer { select.reset() }
            try select.bind(.integer(journal), .blob(prefix), .blob(Self.end(of: prefix)))
            var notes: [String] = []
            while try select.step() { notes.append(select.text(0)) }
            return notes
        }
    }

    /// What runs have in hand under keys that begin so.
    package func entriesInHand(
        under prefix: [UInt8], in journal: Int64
    ) throws(ToolError) -> [(key: [UInt8], entry: JournalEntry)] {
        try read("cannot read the store") { () throws(SQLiteError) in
            let select = try statement(
                """
                SELECT key, state, attempt, run, note FROM journal_entry
                WHERE journal = ? AND key BETWEEN ? AND ? AND state < 2 ORDER BY key
                """)
            defer { select.reset() }
            try select.bind(.integer(journal), .blob(prefix), .blob(Self.end(of: prefix)))
            var entries: [(key: [UInt8], entry: JournalEntry)] = []
            while try select.step() {
                guard let state = EntryState(rawValue: select.integer(1)) else { continue }
                entries.append(
                    (
                        key: select.blob(0),
                        entry: JournalEntry(
                            state: state, attempt: select.integer(2), run: select.integer(3),
                            note: select.text(4))
                    ))
            }
            return entries
        }
    }

    /// No key that begins with `prefix` is greater.
    private static func end(of prefix: [UInt8]) -> [UInt8] {
        prefix + [UInt8](repeating: 0xff, count: 64)
    }

    /// Forgets what is known of a key: the service was asked to undo it.
    package func forget(_ key: [UInt8], in journal: Int64) throws(ToolError) {
        try write("cannot write to the store") { () throws(SQLiteError) in
            _ = try statement("DELETE FROM journal_entry WHERE journal = ? AND key = ?").run(
                .integer(journal), .blob(key))
        }
    }

    private func journalEntry(_ key: [UInt8], _ journal: Int64) throws(SQLiteError) -> JournalEntry? {
        let select = try statement(
            "SELECT state, attempt, run, note FROM journal_entry WHERE journal = ? AND key = ?")
        defer { select.reset() }
        try select.bind(.integer(journal), .blob(key))
        guard try select.step(), let state = EntryState(rawValue: select.integer(0)) else { return nil }
        return JournalEntry(
            state: state, attempt: select.integer(1), run: select.integer(2), note: select.text(3))
    }

    private func enter(
        _ event: JournalEvent, _ entry: JournalEntry?, _ key: [UInt8], _ journal: Int64, _ run: Int64,
        _ time: Int64
    ) throws(SQLiteError) {
        // An event that cannot happen changes nothing: somebody else has decided in between.
        guard let next = JournalRules.next(entry, by: run, on: event) else { return }
        try statement(
            """
            INSERT INTO journal_entry (journal, key, state, attempt, run, at, note) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (journal, key) DO UPDATE SET
                state = excluded.state, attempt = excluded.attempt, run = excluded.run, at = excluded.at,
                note = excluded.note
            """
        ).run(
            .integer(journal), .blob(key), .integer(next.state.rawValue), .integer(next.attempt),
            .integer(next.run), .integer(time), .text(next.note))
    }
}
