import CGlibc
import Glibc

public import Diagnostics

/// The end of a temporary name. Not the process number alone: a run that was killed leaves its file behind, and in a
/// container the next run has the same number.
func temporarySuffix() -> String {
    "\(getpid())-\(String(UInt32.random(in: .min ... .max), radix: 16)).part"
}

/// A file that is written beside its final name and renamed when it is whole and on disk.
///
/// A run that fails or is killed leaves no half-written file under the final name; the temporary file is removed
/// on every orderly way out. A device, a FIFO or a descriptor of this process is written to directly.
public final class NewFile: ByteSink {
    /// The permissions of a new file.
    public enum Mode: Sendable {
        /// 0644, less the umask.
        case shared
        /// 0600, whatever the umask: private keys, claim credentials.
        case ownerOnly
    }

    private let path: String
    /// `nil` for what is written to directly.
    private let temporary: String?
    private let replaces: Bool
    /// The file that is there and will go.
    private var replaced: FileRegister.Identity?
    private var descriptor: Int32
    private var sealed = false
    private var committed = false

    /// - Parameter replaces: whether an existing file may be replaced (`--force`).
    /// - Throws: ``ToolError`` with code `would-overwrite` or `io`.
    public init(path: String, mode: Mode = .shared, replaces: Bool) throws(ToolError) {
        self.path = path
        self.replaces = replaces
        if let open = try DirectFile.open(path) {
            (temporary, descriptor) = (nil, open)
            return
        }
        let slash = path.utf8.lastIndex(of: 0x2f)
        let folder = slash.map { String(path[...$0]) } ?? ""
        let leaf = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
        let temporary = "\(folder).\(leaf).\(temporarySuffix())"
        self.temporary = temporary
        descriptor = -1
        replaced = try Self.examine(path, replaces: replaces)
        descriptor = open(
            temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode == .ownerOnly ? 0o600 : 0o644)
        guard descriptor >= 0 else { throw ioError("cannot create", path) }
        if mode == .ownerOnly { _ = fchmod(descriptor, 0o600) }
    }

    deinit { abandon() }

    /// What is at `path`, if that may be replaced.
    private static func examine(_ path: String, replaces: Bool) throws(ToolError) -> FileRegister.Identity? {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            try FileRegister.demandReplaceable(path)
            return nil
        }
        if status.st_mode & S_IFMT == S_IFDIR || FileSystem.kind(of: path) == .folder {
            throw ToolError(
                .io, "cannot write, expected a file, found a folder",
                context: [.init("file", path.escapedForTerminal)], hint: "name a file in it")
        }
        try FileRegister.demandReplaceable(path)
        guard replaces else { throw wouldOverwrite(path) }
        guard status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFLNK else {
            throw ToolError(
                .io, "cannot replace, expected a regular file",
                context: [.init("file", path.escapedForTerminal)])
        }
        // What a link leads to is what is read by its name.
        guard stat(path, &status) == 0, let file = FileRegister.Identity(status) else { return nil }
        try FileRegister.beginReplacing(file, path)
        return file
    }

    /// Whether it is written to what is there, and has no name to be given.
    var isDirect: Bool { temporary == nil }

    /// Writes to the temporary file; throws with code `io`.
    public func write(_ bytes: [UInt8]) throws(ToolError) {
        try writeAll(descriptor, bytes, name: path, staysWhole: !isDirect)
    }

    /// Flushes to disk; nothing more can be written. ``commit()`` does this too: it is for many files at once.
    public func seal() throws(ToolError) {
        guard descriptor >= 0 else { return }
        guard isDirect || fsync(descriptor) == 0 else { throw ioError("cannot write", path) }
        let open = descriptor
        descriptor = -1
        guard close(open) == 0 else { throw ioError("cannot write", path) }
        sealed = true
    }

    /// Flushes to disk, then gives the file its name, then flushes the folder.
    public func commit() throws(ToolError) {
        if let replaced { try FileRegister.demandUnread(replaced, path) }
        try seal()
        guard sealed, !committed, let temporary else { return }
        if replaces {
            guard rename(temporary, path) == 0 else { throw ioError("cannot replace", path) }
        } else {
            // A link refuses an existing name where a rename would replace it.
            guard link(temporary, path) == 0 else {
                if errno == EEXIST { throw Self.wouldOverwrite(path) }
                throw ioError("cannot create", path)
            }
            unlink(temporary)
        }
        committed = true
        Self.syncFolder(of: path)
    }

    private func abandon() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        if !committed, let temporary { unlink(temporary) }
        if let replaced { FileRegister.endReplacing(replaced) }
    }

    static func syncFolder(of path: String) {
        let folder = path.utf8.lastIndex(of: 0x2f).map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor >= 0 {
            fsync(descriptor)
            close(descriptor)
        }
    }

    static func wouldOverwrite(_ path: String) -> ToolError {
        ToolError(
            .wouldOverwrite, "the file exists", context: [.init("file", path.escapedForTerminal)],
            hint: .renameOrReplace)
    }

    /// Writes one small file in one go.
    public static func write(
        _ bytes: [UInt8], to path: String, mode: Mode = .shared, replaces: Bool
    ) throws(ToolError) {
        let file = try NewFile(path: path, mode: mode, replaces: replaces)
        try file.write(bytes)
        try file.commit()
    }
}
