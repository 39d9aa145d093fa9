import Diagnostics
import InputOutput
import Store

/// Where the ledger of a CA is, and which it is.
struct LedgerPlace: Sendable, Equatable {
    let path: String
    let id: FileID

    /// Opens the ledger, which has to be there.
    ///
    /// - Throws: ``ToolError`` with `io` where there is none, `ledger-mismatch` where it is another.
    func open(_ access: SQLiteStore.Access) throws(ToolError) -> SQLiteStore {
        try SQLiteStore(path: path, access: access == .create ? .readWrite : access, as: .ledger(id))
    }

    /// Opens further connections for reading: one belongs to one thread.
    func reader() -> @Sendable () throws(ToolError) -> SQLiteStore {
        { () throws(ToolError) in try open(.readOnly) }
    }

    /// The ledger that `--ledger` names: that of another CA's folder, or a file.
    ///
    /// - Throws: ``ToolError``; a ledger is never made by being named.
    static func named(_ text: String) throws(ToolError) -> LedgerPlace {
        try refuseDatabaseURL(text, what: "a ledger")
        if FileSystem.kind(of: text) == .folder { return try CAFolder(path: text).ledger() }
        let file = try SQLiteStore(path: text, access: .readOnly, as: .anyLedger)
        guard let id = file.identity?.id else { throw ToolError(.internalFault, "an open ledger has no id") }
        return LedgerPlace(path: text, id: id)
    }

    /// Refuses the URL of a database server; its text may hold a password and is not shown.
    static func refuseDatabaseURL(_ text: String, what: String) throws(ToolError) {
        let scheme = text.lowercased()
        guard scheme.hasPrefix("postgresql:") || scheme.hasPrefix("postgres:") else { return }
        throw ToolError(
            .io, "\(what) in PostgreSQL is not supported yet: expected a file, found a URL",
            hint: "name a file; several processes on one machine may use it at once")
    }
}
