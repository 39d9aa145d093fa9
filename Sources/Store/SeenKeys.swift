package import Diagnostics
import SQLite

/// Which keys were seen in a run and where first, in a private file that nobody else sees and that is gone with the
/// process: memory does not grow with their number.
package final class SeenKeys {
    private let connection: Connection
    private let select: Statement
    private let insert: Statement

    package init() throws(ToolError) {
        do {
            connection = try Connection.temporary()
            try connection.execute(
                """
                PRAGMA cache_size = -4000; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
                CREATE TABLE seen (key BLOB PRIMARY KEY, source INTEGER, line INTEGER, mark INTEGER) STRICT, WITHOUT ROWID;
                BEGIN
                """)
            select = try connection.prepare("SELECT source, line, mark FROM seen WHERE key = ?")
            insert = try connection.prepare("INSERT INTO seen (key, source, line, mark) VALUES (?, ?, ?, ?)")
        } catch {
            throw ToolError(
                .io, "cannot make a temporary file: \(error.message)",
                hint: "look whether the folder for temporary files (TMPDIR) can be written and has space")
        }
    }

    /// Notes a key; where it was seen before, that place is the answer and stays.
    package func insert(
        _ key: [UInt8], source: Int, line: Int, mark: UInt32
    ) throws(ToolError) -> (source: Int, line: Int, mark: UInt32)? {
        do {
            defer { select.reset() }
            try select.bind(.blob(key))
            if try select.step() {
                return (
                    Int(select.integer(0)), Int(select.integer(1)),
                    UInt32(truncatingIfNeeded: select.integer(2))
                )
            }
            _ = try insert.run(
                .blob(key), .integer(Int64(source)), .integer(Int64(line)), .integer(Int64(mark)))
            return nil
        } catch {
            throw ToolError(.io, "cannot write to a temporary file: \(error.message)")
        }
    }
}
