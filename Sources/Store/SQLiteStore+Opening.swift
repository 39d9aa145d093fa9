import Diagnostics
import InputOutput
import SQLite

extension SQLiteStore {
    static func openForReading(
        _ path: String, _ role: FileRole, _ busyTimeout: Int32, _ cache: Int?
    ) throws(ToolError) -> Connection {
        let connection = try connectForReading(path, role, busyTimeout)
        do {
            // The keys of 20,000 devices and more: what is looked up at random had better be at hand.
            try connection.execute("PRAGMA cache_size = -\(cache ?? 8_000)")
        } catch {
            throw storeError("cannot open the \(role.noun)", path, error, role)
        }
        let version = try Schema.checkedVersion(connection, path: path, as: role)
        guard version > 0 else { throw StoreFile.empty(path, role) }
        guard version == Schema.currentVersion else {
            if role.isLedger, version < Schema.firstWithIdentity { throw StoreFile.ofFirstVersion(path) }
            throw ToolError(
                .io,
                "the \(role.noun) is of an older assay: expected version \(Schema.currentVersion), found \(version)",
                context: [.init("file", path.escapedForTerminal)],
                hint: role.isLedger
                    ? "any command that writes to the ledger brings it up to date"
                    : .upgradeStore)
        }
        return connection
    }

    static func openForWriting(
        _ path: String, _ access: Access, _ role: FileRole, _ busyTimeout: Int32, _ cache: Int?
    ) throws(ToolError) -> Connection {
        let connection: Connection
        do {
            connection = try Connection(path: path, mode: .readWrite, busyTimeout: busyTimeout)
        } catch {
            throw storeError("cannot open the \(role.noun)", path, error, role)
        }
        // What is not what it should be is refused before anything is set: the journal mode is kept in the file.
        let version = try Schema.checkedVersion(connection, path: path, as: role)
        if version >= Schema.firstWithIdentity {
            _ = try checkedIdentity(connection, role, path: path)
        } else if role.isLedger {
            guard version == 0 else { throw StoreFile.ofFirstVersion(path) }
            // A ledger that lost its content is not begun anew.
            guard access == .create else { throw StoreFile.empty(path, role) }
        }
        do {
            // Of a new file, pages of 8 KiB: most of what is written is written at the ends of tables, and each page
            // costs two calls of the kernel. FULL: a commit in WAL mode is on disk before it returns.
            try connection.execute(
                "PRAGMA page_size = 8192; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")
            try enterWAL(connection)
            try connection.execute("PRAGMA cache_size = -\(cache ?? 12_000)")
        } catch {
            throw storeError("cannot open the \(role.noun)", path, error, role)
        }
        return connection
    }

    /// SQLite does not wait for others when it changes the journal mode: a writer is waited for here, then it is
    /// tried again.
    private static func enterWAL(_ connection: Connection) throws(SQLiteError) {
        for _ in 0..<100 {
            do {
                return try connection.execute("PRAGMA journal_mode = WAL")
            } catch {
                guard error.kind == .busy else { throw error }
            }
            try connection.execute("BEGIN IMMEDIATE; COMMIT")
        }
        try connection.execute("PRAGMA journal_mode = WAL")
    }

    /// A WAL file needs its side files even for reading; on media that cannot be written there are none, and the
    /// file may be read as immutable: without them only, because what stands in them is newer than the file.
    static func connectForReading(
        _ path: String, _ role: FileRole, _ busyTimeout: Int32
    ) throws(ToolError) -> Connection {
        do {
            let connection = try Connection(path: path, mode: .readOnly, busyTimeout: busyTimeout)
            _ = try connection.singleInteger("SELECT count(*) FROM sqlite_schema")
            return connection
        } catch {
            guard error.kind == .cannotOpen || error.kind == .readOnly, !StoreFile.hasLog(path) else {
                throw storeError("cannot open the \(role.noun)", path, error, role)
            }
        }
        let connection: Connection
        do {
            connection = try Connection(path: path, mode: .immutable)
            _ = try connection.singleInteger("SELECT count(*) FROM sqlite_schema")
        } catch {
            throw storeError("cannot open the \(role.noun)", path, error, role)
        }
        // Somebody who may write there may have begun in between.
        guard !StoreFile.hasLog(path) else {
            throw ToolError(
                .locked, "another process began to write to the \(role.noun)",
                context: [.init("file", path.escapedForTerminal)], hint: "run the command again")
        }
        return connection
    }

    /// Makes a new file the ledger with this id; only inside the transaction that makes its tables.
    func becomeLedger(_ id: FileID) throws(SQLiteError) {
        try connection.prepare("UPDATE identity SET id = ?, kind = 'ledger'").run(.blob(id.bytes))
    }
}
