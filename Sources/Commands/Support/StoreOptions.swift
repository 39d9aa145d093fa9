import ArgumentParser
import Diagnostics
import InputOutput
import Store

/// `--store`: which file the devices are in.
struct StoreOptions: ParsableArguments {
    @Option(
        help: .init(
            "The store of devices; without it $ASSAY_STORE, else assay/assay.db in $XDG_DATA_HOME or "
                + "~/.local/share.", valueName: "file"))
    var store: String?

    /// The store that is named; `nil` where neither option nor environment names one.
    private var named: String? {
        store ?? System.environment("ASSAY_STORE").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The store of whoever names none; `nil` where the environment does not say whose that is. The current folder
    /// never decides: what is one store today would be another tomorrow.
    private static var standard: String? {
        // As the XDG Base Directory Specification has it: a relative path counts for nothing.
        for (variable, below) in [("XDG_DATA_HOME", ""), ("HOME", "/.local/share")] {
            if let folder = System.environment(variable), folder.hasPrefix("/") {
                return (folder == "/" ? "" : folder) + below + "/assay/assay.db"
            }
        }
        return nil
    }

    /// The file that options and environment lead to; no result of the run replaces it.
    ///
    /// - Throws: ``ToolError`` with code `io` when they lead nowhere.
    func path() throws(ToolError) -> String {
        let path = try place()
        FileRegister.keep(path, as: .store)
        return path
    }

    private func place() throws(ToolError) -> String {
        if let named {
            try LedgerPlace.refuseDatabaseURL(named, what: "a store")
            return named
        }
        guard let standard = Self.standard else {
            throw ToolError(
                .io,
                "expected a place for the store, found neither --store nor ASSAY_STORE, and HOME is not set",
                hint: "name the file with --store")
        }
        return standard
    }

    /// Whether the caller named a store, or the default one is there.
    var isAvailable: Bool { named != nil || Self.standard.flatMap(FileSystem.kind) != nil }

    /// Whether the file that options and environment lead to exists.
    var isThere: Bool { (named ?? Self.standard).flatMap(FileSystem.kind) != nil }

    /// Opens the store; one that is made is said.
    func open(_ access: SQLiteStore.Access, _ console: Console) throws(ToolError) -> SQLiteStore {
        let path = try path()
        if access == .create, named == nil { try FileSystem.makeFolders(above: path) }
        let opened = try SQLiteStore(path: path, access: access)
        if opened.created { console.note("assay: note: made the store \(path.escapedForTerminal)") }
        return opened
    }
}
