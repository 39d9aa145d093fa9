public import Diagnostics
import InputOutput
import SQLite

/// A store in one SQLite file, in WAL mode with full synchronisation: what a call returned is on disk.
///
/// One instance is one connection and belongs to one thread; several processes and threads may hold their own.
public final class SQLiteStore {
    /// What the caller is going to do.
    public enum Access: Sendable {
        /// Never changes the file; works on a file and on media that cannot be written.
        case readOnly
        /// The file must exist.
        case readWrite
        /// The file is made, mode 0600, when it is missing.
        case create
    }

    let connection: Connection
    let path: String
    /// Whether this call made the file.
    public let created: Bool
    private var statements: [String: Statement] = [:]
    /// The statement that every token runs, looked up once instead of by its text each time.
    var keyOfDevice: Statement?
    /// The statements that every certificate runs, looked up once instead of by their text each time.
    lazy var ledgerStatements = Result { () throws(SQLiteError) in try LedgerStatements(self) }
    /// The last row of the ledger before this connection first issued anew.
    var reissueFloor: Int64?
    /// The last entry of the audit chain as this transaction left it; `nil` when it has to be read.
    var chainHead: (sequence: Int64, hash: [UInt8])?
    /// What makes the ledger's marks, read once.
    lazy var markSecret = Result { () throws(SQLiteError) in try MarkSecret(self) }
    /// What the large table of marks does not have.
    var markFilters = MarkFilters()
    /// How many rows of the ledger come between two moves of marks; tests want few.
    var rowsPerMove = Mark.rowsPerMove
    /// What the hash of the last entry was made of: room for the next.
    var chainBuffer: [UInt8] = []

    /// - Parameter busyTimeout: how long to wait for another process's lock, in milliseconds.
    public init(path: String, access: Access, busyTimeout: Int32 = 30_000) throws(ToolError) {
        self.path = path
        var created = false
        if access == .create { created = try FileSystem.createEmptyFile(path) }
        self.created = created
        guard FileSystem.kind(of: path) != nil else {
            throw ToolError(
                .io, "there is no store", context: [.init("file", path.escapedForTerminal)],
                hint: "name one with --store or ASSAY_STORE; assay device add and device import make one")
        }
        guard FileSystem.kind(of: path) != .folder else {
            throw ToolError(
                .io, "expected a store, found a folder", context: [.init("file", path.escapedForTerminal)],
                hint: "choose a file with --store")
        }
        if access == .readOnly {
            connection = try Self.openReadOnly(path, busyTimeout)
            do {
                // The keys of 20,000 devices and more: what is looked up at random had better be at hand.
                try connection.execute("PRAGMA cache_size = -8000")
            } catch {
                throw storeError("cannot open the store", path, error)
            }
            let version = try Schema.checkedVersion(connection, path: path)
            guard version > 0 else {
                throw ToolError(
                    .io, "the file is empty, there is no store in it yet",
                    context: [.init("file", path.escapedForTerminal)],
                    hint: "assay device add and device import make one of it")
            }
            guard version == Schema.currentVersion else {
                throw ToolError(
                    .io,
                    "the store is of an older assay: expected version \(Schema.currentVersion), found \(version)",
                    context: [.init("file", path.escapedForTerminal)],
                    hint: "any command that writes to the store brings it up to date")
            }
            return
        }
        do {
            connection = try Connection(path: path, mode: .readWrite, busyTimeout: busyTimeout)
        } catch {
            throw storeError("cannot open the store", path, error)
        }
        // The journal mode is kept in the file: another program's file must be refused before it is set.
        _ = try Schema.checkedVersion(connection, path: path)
        do {
            // Of a new file, pages of 8 KiB: most of what is written is written at the ends of tables, and each page
            // costs two calls of the kernel. FULL: a commit in WAL mode is on disk before it returns.
            try connection.execute(
                "PRAGMA page_size = 8192; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")
            try Self.enterWAL(connection)
            try connection.execute("PRAGMA cache_size = -12000")
        } catch {
            throw storeError("cannot open the store", path, error)
        }
        try Schema.migrate(
            connection, path: path,
            finish: { version throws(SQLiteError) in
                if version < 5 {
                    try MarkSecret.make(in: self)
                    try Mark.fileAll(in: self)
                }
                try enterTrust(from: version)
            })
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
    /// file may be read as immutable.
    private static func openReadOnly(_ path: String, _ busyTimeout: Int32) throws(ToolError) -> Connection {
        do {
            let connection = try Connection(path: path, mode: .readOnly, busyTimeout: busyTimeout)
            _ = try connection.singleInteger("SELECT count(*) FROM sqlite_schema")
            return connection
        } catch {
            guard error.kind == .cannotOpen || error.kind == .readOnly,
                FileSystem.kind(of: path + "-wal") == nil
            else { throw storeError("cannot open the store", path, error) }
        }
        do {
            return try Connection(path: path, mode: .immutable)
        } catch {
            throw storeError("cannot open the store", path, error)
        }
    }

    /// A prepared statement, made once.
    func statement(_ sql: String) throws(SQLiteError) -> Statement {
        if let known = statements[sql] { return known }
        let statement = try connection.prepare(sql)
        statements[sql] = statement
        return statement
    }

    /// Runs `body` in one write transaction.
    func write<Value>(_ doing: String, _ body: () throws(SQLiteError) -> Value) throws(ToolError) -> Value {
        do {
            chainHead = nil
            defer { chainHead = nil }
            return try connection.transaction(body, mapError: { $0 })
        } catch {
            markFilters.reset()
            throw storeError(doing, path, error)
        }
    }

    /// Runs `body`, which only reads.
    func read<Value>(_ doing: String, _ body: () throws(SQLiteError) -> Value) throws(ToolError) -> Value {
        do {
            return try body()
        } catch {
            throw storeError(doing, path, error)
        }
    }
}
