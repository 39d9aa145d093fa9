// Module SQLite: safe values over the SQLite library; no SQL of its own beyond transactions. A connection and its
// statements belong to one thread.

import CSQLite

/// A failed SQLite call.
public struct SQLiteError: Error, Sendable, Equatable {
    /// What went wrong, as far as a caller can act on it.
    public enum Kind: Sendable, Equatable {
        /// Another process holds the lock longer than the busy timeout.
        case busy
        case diskFull
        case readOnly
        case cannotOpen
        /// The file is not a database, or is damaged.
        case notADatabase
        case constraint
        case inputOutput
        case interrupted
        case other
    }

    public let kind: Kind
    /// SQLite's own words, lower case.
    public let message: String

    /// What the tables hold cannot be: the file is damaged, whatever SQLite says.
    public init(damage message: String) {
        kind = .notADatabase
        self.message = message
    }

    init(_ code: Int32, _ connection: OpaquePointer?) {
        kind = Self.kind(of: code & 0xff)
        if let connection, let text = sqlite3_errmsg(connection) {
            message = String(cString: text)
        } else {
            message = String(cString: sqlite3_errstr(code))
        }
    }

    private static func kind(of code: Int32) -> Kind {
        switch code {
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_FULL: .diskFull
        case SQLITE_READONLY: .readOnly
        case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH: .cannotOpen
        case SQLITE_NOTADB, SQLITE_CORRUPT: .notADatabase
        case SQLITE_CONSTRAINT: .constraint
        case SQLITE_IOERR: .inputOutput
        case SQLITE_INTERRUPT: .interrupted
        default: .other
        }
    }
}
