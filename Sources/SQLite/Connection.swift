import CSQLite

/// One connection to a database file. Used by one thread at a time.
public final class Connection {
    /// What the connection may do with the file.
    public enum Mode: Sendable {
        case readWrite
        case readOnly
        /// Read-only without any lock or side file: for files on read-only media that nobody writes.
        case immutable
    }

    let pointer: OpaquePointer

    /// What is said to SQLite once, before anything else.
    private static let isConfigured: Bool = assay_configure() == SQLITE_OK

    /// Opens an existing file.
    ///
    /// - Parameter busyTimeout: how long to wait for another process's lock, in milliseconds.
    public init(path: String, mode: Mode, busyTimeout: Int32 = 30_000) throws(SQLiteError) {
        _ = Self.isConfigured
        var pointer: OpaquePointer?
        // SQLite reads a name that starts with "file:" as a URI; an absolute or dotted path never does.
        let plain = path.hasPrefix("/") ? path : "./" + path
        let name = mode == .immutable ? "file:\(Self.uriEscaped(plain))?immutable=1" : plain
        let flags =
            (mode == .readWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY)
            | (mode == .immutable ? SQLITE_OPEN_URI : 0) | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(name, &pointer, flags, nil)
        guard code == SQLITE_OK, let pointer else {
            let error = SQLiteError(code, pointer)
            sqlite3_close_v2(pointer)
            throw error
        }
        self.pointer = pointer
        sqlite3_extended_result_codes(pointer, 1)
        sqlite3_busy_timeout(pointer, busyTimeout)
        guard assay_harden(pointer) != 0 else { throw SQLiteError(SQLITE_ERROR, pointer) }
    }

    private init(opened pointer: OpaquePointer) { self.pointer = pointer }

    /// A database in memory, which is gone with the connection.
    public static func inMemory() throws(SQLiteError) -> Connection {
        _ = isConfigured
        var pointer: OpaquePointer?
        let code = sqlite3_open_v2(":memory:", &pointer, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let pointer else {
            let error = SQLiteError(code, pointer)
            sqlite3_close_v2(pointer)
            throw error
        }
        return Connection(opened: pointer)
    }

    /// A database in a file without a name, which is gone when the connection is.
    public static func temporary() throws(SQLiteError) -> Connection {
        _ = isConfigured
        var pointer: OpaquePointer?
        let code = sqlite3_open_v2("", &pointer, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let pointer else {
            let error = SQLiteError(code, pointer)
            sqlite3_close_v2(pointer)
            throw error
        }
        return Connection(opened: pointer)
    }

    deinit { sqlite3_close_v2(pointer) }

    private static func uriEscaped(_ path: String) -> String {
        var text = ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16)
                text += "%" + (hex.utf8.count == 1 ? "0" : "") + hex
            }
        }
        return text
    }

    /// Runs statements that return nothing.
    public func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(pointer, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw SQLiteError(code, pointer) }
    }

    /// A statement to be used many times.
    public func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        try Statement(sql, on: self)
    }

    /// Rows changed by the last statement.
    public var changes: Int { Int(sqlite3_changes64(pointer)) }

    /// The row number of the last insert.
    public var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(pointer) }

    /// Runs `body` in a transaction that holds the write lock from its start; rolls back when `body` throws.
    public func transaction<Value, Failure: Error>(
        _ body: () throws(Failure) -> Value, mapError: (SQLiteError) -> Failure
    ) throws(Failure) -> Value {
        do { try execute("BEGIN IMMEDIATE") } catch { throw mapError(error) }
        let value: Value
        do {
            value = try body()
        } catch {
            // The error that stopped the work is the one to tell; SQLite may have rolled back by itself already.
            try? execute("ROLLBACK")
            throw error
        }
        do {
            try execute("COMMIT")
        } catch {
            try? execute("ROLLBACK")
            throw mapError(error)
        }
        return value
    }
}
