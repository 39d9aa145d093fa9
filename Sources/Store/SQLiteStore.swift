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
    /// The file, without links.
    package let path: String
    /// What the file was opened as.
    let role: FileRole
    /// Whether this call made the file.
    public let created: Bool
    private let statements: StatementCache
    /// The statement that every token runs, looked up once instead of by its text each time.
    var keyOfDevice: Statement?
    /// The statements that every certificate runs, looked up once instead of by their text each time.
    lazy var ledgerStatements = Result { () throws(SQLiteError) in try LedgerStatements(self) }
    /// The last row of the ledger before this connection first issued anew.
    var reissueFloor: Int64?
    /// The last entry of the audit chain as this transaction left it; `nil` when it has to be read.
    var chainHead: (sequence: Int64, hash: [UInt8])?
    /// By what rows of the ledger are found.
    let lookup: LookupIndex
    /// What the hash of the last entry was made of: room for the next.
    var chainBuffer: [UInt8] = []

    /// What the file says that it is; `nil` only until it is open.
    public private(set) var identity: FileIdentity?

    /// - Parameters:
    ///   - role: what the file has to be, or is made as.
    ///   - busyTimeout: how long to wait for another process's lock, in milliseconds.
    ///   - cache: how much of the file is kept in memory at most, in KiB; nil is what suits a run's only connection.
    public init(
        path: String, access: Access, as role: FileRole = .store, busyTimeout: Int32 = 30_000,
        cache: Int? = nil
    ) throws(ToolError) {
        var created = false
        if access == .create { created = try FileSystem.createEmptyFile(path) }
        self.created = created
        let path = try StoreFile.resolved(path, role)
        self.path = path
        self.role = role
        try FileRegister.beginUse(of: path, as: role.isLedger ? .ledger : .store)
        if access == .readOnly {
            connection = try Self.openForReading(path, role, busyTimeout, cache)
            statements = StatementCache(connection)
            lookup = LookupIndex(statements)
        } else {
            connection = try Self.openForWriting(path, access, role, busyTimeout, cache)
            statements = StatementCache(connection)
            lookup = LookupIndex(statements)
            try Schema.migrate(
                connection, path: path, as: role,
                finish: { version throws(SQLiteError) in
                    if version < 5 {
                        try lookup.makeSecret()
                        if version > 0 { try lookup.rebuild() }
                    }
                    try enterTrust(from: version)
                    try pinRows(from: version)
                    if version == 0, case .ledger(let id) = role { try becomeLedger(id) }
                })
        }
        identity = try Self.checkedIdentity(connection, role, path: path)
    }

    /// A prepared statement, made once.
    func statement(_ sql: String) throws(SQLiteError) -> Statement { try statements.statement(sql) }

    /// Runs `body` in one write transaction.
    func write<Value>(_ doing: String, _ body: () throws(SQLiteError) -> Value) throws(ToolError) -> Value {
        do {
            chainHead = nil
            defer { chainHead = nil }
            return try connection.transaction(body, mapError: { $0 })
        } catch {
            lookup.reset()
            throw storeError(doing, path, error, role)
        }
    }

    /// Runs `body`, which only reads.
    func read<Value>(_ doing: String, _ body: () throws(SQLiteError) -> Value) throws(ToolError) -> Value {
        do {
            return try body()
        } catch {
            throw storeError(doing, path, error, role)
        }
    }
}
