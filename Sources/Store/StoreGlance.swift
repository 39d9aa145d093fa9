public import Diagnostics
import SQLite

/// What is in a store, of this version or an older one, without changing it.
public struct StoreGlance: Sendable, Equatable {
    /// The version of its tables.
    public let version: Int
    /// `nil` in a store from before stores had one.
    public let identity: FileIdentity?
    public let content: StoreContent
    /// Where the certificates went that an older assay issued into it.
    public let moved: LedgerMove.Destination?

    /// Whether this assay may use it as it is.
    public var isCurrent: Bool { version == Schema.currentVersion }

    /// - Throws: ``ToolError`` with code `io` for no store, a ledger, or a store of a newer assay.
    public init(path: String) throws(ToolError) {
        let path = try StoreFile.resolved(path, .store)
        let connection = try SQLiteStore.connectForReading(path, .store, 30_000)
        let version = try Schema.checkedVersion(connection, path: path)
        guard version > 0 else { throw StoreFile.empty(path, .store) }
        self.version = version
        let hasIdentity = version >= Schema.firstWithIdentity
        identity = hasIdentity ? try SQLiteStore.checkedIdentity(connection, .store, path: path) : nil
        do throws(SQLiteError) {
            try connection.execute("BEGIN")
            defer { try? connection.execute("END") }
            content = try StoreContent(connection, version: version)
            moved = hasIdentity ? try LedgerMove.Destination(connection) : nil
        } catch {
            throw storeError("cannot read the store", path, error)
        }
    }
}
