import Diagnostics
import SQLite

/// Compares the tables and indexes of a file with those that this version makes: a trigger, a view, a column or a
/// constraint that is missing would change what the rows mean.
enum SchemaCheck {
    /// Each by its name; what SQLite makes by itself is left out.
    private static func objects(_ connection: Connection) throws(SQLiteError) -> [String: String] {
        let select = try connection.prepare(
            "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
        var found: [String: String] = [:]
        while try select.step() { found[select.text(0)] = select.text(1) }
        return found
    }

    static func findings(_ store: SQLiteStore) throws(SQLiteError) -> [LedgerFinding] {
        let fresh = try Connection.inMemory()
        for step in Schema.migrations { try fresh.execute(step) }
        let expected = try objects(fresh)
        let found = try objects(store.connection)
        return Set(expected.keys).union(found.keys).sorted().compactMap { name in
            if expected[name] == found[name] { return nil }
            let what =
                found[name] == nil
                ? "is missing from the file" : expected[name] == nil ? "is not one of assay's" : "was changed"
            return LedgerFinding(.digest, "the \(name.escapedForTerminal) \(what)")
        }
    }
}
