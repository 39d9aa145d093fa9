public import Diagnostics
import InputOutput
import SQLite

/// Takes the issuances of a store of the first version, which was store and ledger in one, to a ledger of their own.
///
/// The store is told first where they go, then the ledger is made, then the store is told that it is whole. A run that
/// was killed in between is simply run again: it makes the same ledger, under the same id, out of the same entries. An
/// older assay can no longer open the store by then, and none that opened it before is still at work.
public final class LedgerMove {
    /// Where the issuances of a store went.
    public struct Destination: Sendable, Equatable {
        public let id: FileID
        /// The absolute path of the ledger.
        public let path: String
        /// Whether the ledger was whole when the store was last told.
        public let isComplete: Bool

        init?(_ connection: Connection) throws(SQLiteError) {
            let select = try connection.prepare("SELECT id, path, is_complete FROM moved_ledger")
            defer { select.reset() }
            guard try select.step(), let id = FileID(bytes: select.blob(0)) else { return nil }
            self.id = id
            path = select.text(1)
            isComplete = select.integer(2) == 1
        }
    }

    private let store: SQLiteStore

    /// - Parameter store: the path of the store.
    /// - Throws: ``ToolError`` with `locked` while another process has the store open.
    public init(store path: String) throws(ToolError) {
        store = try SQLiteStore(path: path, access: .readWrite)
        try store.checkAlone()
    }

    /// The absolute path of the store.
    public var storePath: String { store.path }

    /// What a CA has in a store of this version or an older one, and what all CAs have there: certificates, intents and
    /// CRLs. Changes nothing: a store that turns out to be the wrong one is left as it was.
    public static func share(
        of authority: [UInt8], in path: String
    ) throws(ToolError) -> (own: Int64, all: Int64) {
        let path = try StoreFile.resolved(path, .store)
        let connection = try SQLiteStore.connectForReading(path, .store, 30_000)
        let version = try Schema.checkedVersion(connection, path: path)
        guard version > 0 else { throw StoreFile.empty(path, .store) }
        if version >= Schema.firstWithIdentity {
            _ = try SQLiteStore.checkedIdentity(connection, .store, path: path)
        }
        // The first version had devices alone.
        guard version > 1 else { return (0, 0) }
        do throws(SQLiteError) {
            let issuances = version < 3 ? "issuance" : "issuance JOIN series ON series.id = issuance.series"
            let select = try connection.prepare(
                """
                SELECT (SELECT count(*) FROM \(issuances) WHERE authority = ?1)
                    + (SELECT count(*) FROM crl WHERE authority = ?1),
                    (SELECT count(*) FROM issuance) + (SELECT count(*) FROM crl)
                """)
            try select.bind(.blob(authority))
            defer { select.reset() }
            return try select.step() ? (select.integer(0), select.integer(1)) : (0, 0)
        } catch {
            throw storeError("cannot read the store", path, error)
        }
    }

    /// Where the issuances went, or are to go; `nil` before anybody moved them.
    public func destination() throws(ToolError) -> Destination? {
        try store.read("cannot read the store") { () throws(SQLiteError) in
            try Destination(store.connection)
        }
    }

    /// Notes where the issuances go, on disk when it returns.
    public func begin(_ id: FileID, at path: String, time: Int64) throws(ToolError) {
        _ = try store.write("cannot write to the store") { () throws(SQLiteError) in
            try store.connection.prepare("INSERT INTO moved_ledger (one, id, path, at) VALUES (1, ?, ?, ?)")
                .run(.blob(id.bytes), .text(path), .integer(time))
        }
    }

    /// Notes that the ledger is whole.
    public func complete() throws(ToolError) {
        _ = try store.write("cannot write to the store") { () throws(SQLiteError) in
            try store.connection.prepare("UPDATE moved_ledger SET is_complete = 1").run()
        }
    }

    /// Tables whose rows are the store's alone; tokens are claim credentials, and nothing of them goes along.
    private static let storeTables = [
        "device", "evidence", "token", "observation", "candidate", "nonce", "identity", "moved_ledger",
    ]

    /// Notes that the ledger is to be somewhere else, as long as it is nowhere.
    public func redirect(to path: String) throws(ToolError) {
        _ = try store.write("cannot write to the store") { () throws(SQLiteError) in
            try store.connection.prepare("UPDATE moved_ledger SET path = ? WHERE is_complete = 0").run(
                .text(path))
        }
    }

    /// The name under which a ledger is made before it is whole.
    private static func temporary(_ path: String) -> String { path + ".part" }

    /// Removes what a run that was killed left of a ledger.
    public static func clean(_ path: String) {
        for end in ["", "-wal", "-shm", "-journal"] { FileSystem.removeFile(temporary(path) + end) }
    }

    /// Makes the ledger, whole and on disk before it has its name, which nothing may have yet.
    ///
    /// All is read from one state of the store.
    public func makeLedger(_ id: FileID, at path: String) throws(ToolError) {
        let temporary = Self.temporary(path)
        Self.clean(path)
        do {
            let ledger = try SQLiteStore(path: temporary, access: .create, as: .ledger(id))
            try ledger.takeOver(from: store.path, without: Self.storeTables)
        } catch {
            Self.clean(path)
            throw error
        }
        try FileSystem.publish(temporary, as: path)
    }
}

extension SQLiteStore {
    /// Asserts that no other process has the file open: one that opened it before it was brought up to date would go on
    /// to enter certificates in it.
    fileprivate func checkAlone() throws(ToolError) {
        for _ in 0..<50 {
            do {
                // SQLite leaves the WAL mode only while nobody else is there.
                try connection.execute("PRAGMA journal_mode = DELETE")
                return try connection.execute("PRAGMA journal_mode = WAL")
            } catch {
                guard error.kind == .busy else { throw storeError("cannot open the store", path, error) }
                System.sleep(milliseconds: 100)
            }
        }
        throw ToolError(
            .locked, "another process has the store open", context: [.init("file", path.escapedForTerminal)],
            hint: "run the command again when nothing else uses the store; nothing was changed")
    }

    /// Fills a new ledger with what a store has, in one transaction; `tables` are left out.
    fileprivate func takeOver(from path: String, without tables: [String]) throws(ToolError) {
        do {
            try connection.prepare("ATTACH DATABASE ? AS source").run(.text(path))
            // Rows come in the order of the tables, not in that of their references.
            try connection.execute("PRAGMA foreign_keys = OFF")
        } catch {
            throw storeError("cannot read the store", path, error)
        }
        try write("cannot make the ledger") { () throws(SQLiteError) in
            let names = try connection.prepare(
                "SELECT name FROM source.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
            )
            var taken: [String] = []
            while try names.step() {
                if !tables.contains(names.text(0)) { taken.append(names.text(0)) }
            }
            for name in taken {
                // Names of our own schema; quoted all the same.
                let table = "\"" + name.replacing("\"", with: "\"\"") + "\""
                try connection.execute(
                    "DELETE FROM main.\(table); INSERT INTO main.\(table) SELECT * FROM source.\(table)")
            }
            // The rows that entries about devices speak of stay in the store; the entries are part of the chain.
            chainHead = nil
            let head = try lastEntry().sequence
            try connection.prepare("UPDATE main.identity SET origin = ?").run(.integer(head))
        }
        do {
            try connection.execute("DETACH DATABASE source; PRAGMA foreign_keys = ON")
        } catch {
            throw storeError("cannot make the ledger", self.path, error)
        }
    }
}
