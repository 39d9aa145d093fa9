import Glibc
import Synchronization

public import Diagnostics

/// The files that a run lives by, and those that a result is about to replace: a result does not take the place of its own
/// input, of a store or ledger that the run uses, or of a file of a CA.
public enum FileRegister {
    /// What a file is to the run.
    public enum Use: String, Sendable {
        /// A folder as an input stands for all that is in it.
        case input
        case store
        case ledger
    }

    /// What makes a folder that of a CA: one of these sets of files.
    private static let markOfAuthority = [["ca.json"], ["ca.crt", "ca.key"]]
    /// The files of a CA's folder that no result replaces.
    private static let filesOfAuthority: Set<String> = [
        "ca.crt", "ca.key", "ca.json", "profiles.json", "ledger.db", "ledger.db-wal", "ledger.db-shm",
        "ledger.db-journal",
    ]
    /// What stands beside a store or ledger and belongs to it.
    private static let sideFiles = ["", "-wal", "-shm", "-journal", "-runs"]

    /// A file, whatever it is called.
    struct Identity: Hashable, Sendable {
        private let device: UInt
        private let inode: UInt

        /// `nil` for what is no regular file.
        init?(_ status: stat) {
            guard status.st_mode & S_IFMT == S_IFREG else { return nil }
            device = UInt(status.st_dev)
            inode = UInt(status.st_ino)
        }
    }

    private struct State {
        /// How often each is open.
        var read: [Identity: Int] = [:]
        /// Whether each was opened as an input too.
        var replaced: [Identity: Bool] = [:]
        /// What was read or is going to be, by the path that led there.
        var inputs: [Identity: String] = [:]
        /// Folders whose files are going to be read, without links.
        var folders: Set<String> = []
        /// Stores and ledgers, by their paths: their side files come and go.
        var stores: [String: Use] = [:]
    }

    private static let state = Mutex(State())

    /// Notes that a file is being read.
    ///
    /// - Throws: ``ToolError`` with `would-overwrite` when a result is about to replace it, which it will not then.
    static func beginReading(_ file: Identity, _ path: String) throws(ToolError) {
        let clashes = state.withLock { state in
            state.read[file, default: 0] += 1
            state.inputs[file] = path
            guard state.replaced[file] != nil else { return false }
            state.replaced[file] = true
            return true
        }
        if clashes { throw clash(path) }
    }

    static func endReading(_ file: Identity) {
        state.withLock { state in
            let left = (state.read[file] ?? 0) - 1
            state.read[file] = left > 0 ? left : nil
        }
    }

    /// Notes what the run is going to read or open, before results are opened. That it is not there is no error here.
    public static func keep(_ path: String, as use: Use) {
        guard use == .input else {
            state.withLock { $0.stores[path] = use }
            return
        }
        var status = stat()
        guard path != "-", stat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            guard let folder = try? FileSystem.realPath(path) else { return }
            state.withLock { _ = $0.folders.insert(folder.hasSuffix("/") ? folder : folder + "/") }
        } else if let file = Identity(status) {
            state.withLock { $0.inputs[file] = path }
        }
    }

    /// Notes a store or ledger that is being opened.
    ///
    /// - Throws: ``ToolError`` with `would-overwrite` when a result is about to replace it.
    public static func beginUse(of path: String, as use: Use) throws(ToolError) {
        keep(path, as: use)
        guard let file = identity(of: path), state.withLock({ $0.replaced[file] != nil }) else { return }
        throw clash(path, use)
    }

    /// Notes that the file at `path`, which is there, is about to be replaced.
    static func beginReplacing(_ file: Identity, _ path: String) throws(ToolError) {
        let clashes = state.withLock { state in
            if state.read[file] != nil { return true }
            state.replaced[file] = false
            return false
        }
        if clashes { throw clash(path) }
    }

    /// Asserts that what is at `path`, if anything, may be replaced by a result.
    ///
    /// - Throws: ``ToolError`` with `would-overwrite`.
    static func demandReplaceable(_ path: String) throws(ToolError) {
        var status = stat()
        let exists = lstat(path, &status) == 0
        // A journal of the ledger comes and goes: its place counts.
        if exists || sideFiles.dropFirst().contains(where: path.hasSuffix) {
            try demandOutsideAuthority(path)
        }
        guard exists else { return }
        guard let file = identity(of: path) else { return }
        let known = state.withLock { (input: $0.inputs[file], folders: $0.folders, stores: $0.stores) }
        // A number that a file had may be another's by now: the path tells.
        if let input = known.input, identity(of: input) == file { throw clash(path) }
        for (store, use) in known.stores {
            for end in sideFiles where identity(of: store + end) == file { throw clash(path, use) }
        }
        guard !known.folders.isEmpty, let real = try? FileSystem.realPath(path) else { return }
        for folder in known.folders where real.hasPrefix(folder) {
            // Hidden files and folders are not read.
            if !("/" + real.dropFirst(folder.count)).contains("/.") { throw clash(path) }
        }
    }

    /// Whether it is used or not: the key of a CA is nowhere else.
    private static func demandOutsideAuthority(_ path: String) throws(ToolError) {
        var names = [path]
        if FileSystem.isLink(path), let real = try? FileSystem.realPath(path) { names.append(real) }
        for name in names {
            let slash = name.utf8.lastIndex(of: 0x2f)
            let folder = slash.map { String(name[...$0]) } ?? ""
            let leaf = slash.map { String(name[name.utf8.index(after: $0)...]) } ?? name
            guard filesOfAuthority.contains(leaf),
                markOfAuthority.contains(where: { $0.allSatisfy { FileSystem.kind(of: folder + $0) != nil } })
            else { continue }
            throw ToolError(
                .wouldOverwrite, "the result would replace a file of a CA, \(leaf)",
                context: [.init("file", path.escapedForTerminal)],
                hint: .spareAuthority)
        }
    }

    private static func identity(of path: String) -> Identity? {
        var status = stat()
        return stat(path, &status) == 0 ? Identity(status) : nil
    }

    /// - Throws: ``ToolError`` when the file was read since.
    static func demandUnread(_ file: Identity, _ path: String) throws(ToolError) {
        if state.withLock({ $0.replaced[file] == true }) { throw clash(path) }
    }

    static func endReplacing(_ file: Identity) {
        state.withLock { state in state.replaced[file] = nil }
    }

    private static func clash(_ path: String, _ use: Use = .input) -> ToolError {
        ToolError(
            .wouldOverwrite,
            use == .input
                ? "the result would replace its own input"
                : "the result would replace the \(use.rawValue) that the run uses",
            context: [.init("file", path.escapedForTerminal)], hint: "write it to another file")
    }
}
