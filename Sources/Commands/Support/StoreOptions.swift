import ArgumentParser
import Diagnostics
import InputOutput
import Store

/// `--store`: which file a stateful command uses.
struct StoreOptions: ParsableArguments {
    @Option(
        help: .init(
            "The store; without it $ASSAY_STORE, else assay.db in the current folder.", valueName: "file"))
    var store: String?

    /// The file that the options and the environment name.
    var path: String { store ?? System.environment("ASSAY_STORE") ?? "assay.db" }

    /// Whether the caller named a store, or the default one is there.
    var isAvailable: Bool {
        store != nil || System.environment("ASSAY_STORE") != nil || FileSystem.kind(of: "assay.db") != nil
    }

    /// Opens further connections for reading: one belongs to one thread.
    func reader() -> @Sendable () throws(ToolError) -> SQLiteStore {
        let path = path
        return { () throws(ToolError) in try SQLiteStore(path: path, access: .readOnly) }
    }

    /// Opens the store; one that is made is said.
    func open(_ access: SQLiteStore.Access, _ console: Console) throws(ToolError) -> SQLiteStore {
        let opened = try SQLiteStore(path: path, access: access)
        if opened.created { console.note("assay: note: made the store \(path.escapedForTerminal)") }
        return opened
    }
}
