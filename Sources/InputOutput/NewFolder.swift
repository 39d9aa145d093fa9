import Glibc

public import Diagnostics

/// A folder that is filled beside its final name and renamed when it is whole and on disk.
///
/// A run that fails or is killed leaves no half-filled folder under the final name; what was written is removed on
/// every orderly way out. Folder and files are for their owner alone.
public final class NewFolder {
    private let path: String
    private let temporary: String
    private let replaces: Bool
    private let mayReplace: (String) -> Bool
    private var names: [String] = []
    private var committed = false

    /// - Parameters:
    ///   - replaces: whether an existing folder may be replaced (`--force`); an empty one always may.
    ///   - mayReplace: whether a file of that name in an existing folder may go; anything else in it is never removed.
    /// - Throws: ``ToolError`` with code `would-overwrite` or `io`.
    public init(
        path: String, replaces: Bool, mayReplace: @escaping (String) -> Bool
    ) throws(ToolError) {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
        self.replaces = replaces
        self.mayReplace = mayReplace
        let slash = path.utf8.lastIndex(of: 0x2f)
        let parent = slash.map { String(path[...$0]) } ?? ""
        let leaf = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
        temporary = "\(parent).\(leaf).\(temporarySuffix())"
        try checkExisting()
        guard mkdir(temporary, 0o700) == 0 else { throw ioError("cannot make the folder", path) }
    }

    deinit { if !committed { Self.remove(temporary, names) } }

    /// Writes one whole file.
    public func write(_ bytes: [UInt8], as name: String) throws(ToolError) {
        let file = try begin(name)
        try file.write(bytes)
        try file.commit()
    }

    /// Begins a file that is written in pieces; commit it before the folder.
    public func begin(_ name: String) throws(ToolError) -> any ByteSink {
        let file = try FolderFile(path: "\(temporary)/\(name)", shown: "\(path)/\(name)")
        names.append(name)
        return file
    }

    /// Gives the folder its name.
    public func commit() throws(ToolError) {
        guard !committed else { return }
        NewFile.syncFolder(of: temporary + "/")
        let existing = try checkExisting()
        let old = temporary + ".old"
        if existing != nil {
            guard rename(path, old) == 0 else { throw ioError("cannot replace", path) }
        }
        guard rename(temporary, path) == 0 else {
            let error = ioError("cannot create", path)
            if existing != nil { rename(old, path) }
            throw error
        }
        committed = true
        NewFile.syncFolder(of: path)
        if let existing { Self.remove(old, existing) }
    }

    /// The names in the folder that is there, or nil for none.
    @discardableResult
    private func checkExisting() throws(ToolError) -> [String]? {
        guard let kind = FileSystem.kind(of: path) else { return nil }
        guard kind == .folder else {
            throw ToolError(
                .wouldOverwrite, "expected a folder, found something else",
                context: [.init("file", path.escapedForTerminal)], hint: "choose another name")
        }
        let names = try FileSystem.names(in: path)
        guard names.isEmpty || replaces else {
            throw ToolError(
                .wouldOverwrite, "the folder exists", context: [.init("file", path.escapedForTerminal)],
                hint: .renameOrReplace)
        }
        if let other = names.first(where: { !mayReplace($0) || FileSystem.kind(of: "\(path)/\($0)") != .file }
        ) {
            throw ToolError(
                .wouldOverwrite, "the folder holds other files, found \(other.escapedForTerminal)",
                context: [.init("file", path.escapedForTerminal)], hint: "choose another name")
        }
        for name in names { try FileRegister.demandReplaceable("\(path)/\(name)") }
        return names
    }

    private static func remove(_ folder: String, _ names: [String]) {
        for name in names { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}

/// A file in a folder that has no final name yet.
private final class FolderFile: ByteSink {
    private let shown: String
    private var descriptor: Int32

    init(path: String, shown: String) throws(ToolError) {
        self.shown = shown
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ioError("cannot create", shown) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func write(_ bytes: [UInt8]) throws(ToolError) { try writeAll(descriptor, bytes, name: shown) }

    func commit() throws(ToolError) {
        guard descriptor >= 0 else { return }
        guard fsync(descriptor) == 0 else { throw ioError("cannot write", shown) }
        let open = descriptor
        descriptor = -1
        guard close(open) == 0 else { throw ioError("cannot write", shown) }
    }
}
