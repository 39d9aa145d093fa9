import Glibc

public import Diagnostics

/// Where a command writes its result: standard output, or a new file that appears whole or not at all.
public protocol ByteSink: AnyObject {
    func write(_ bytes: [UInt8]) throws(ToolError)
    /// Makes the result final; without it a file does not appear.
    func commit() throws(ToolError)
}

/// Writes all of `bytes` to `descriptor`.
func writeAll(_ descriptor: Int32, _ bytes: [UInt8], name: String) throws(ToolError) {
    var failure: Int32 = 0
    bytes.withUnsafeBytes { raw in
        var offset = 0
        while offset < raw.count {
            guard let base = raw.baseAddress else { return }
            let written = Glibc.write(descriptor, base + offset, raw.count - offset)
            if written < 0 {
                if errno == EINTR || waitIfBlocked(descriptor, for: POLLOUT) { continue }
                failure = errno
                return
            }
            offset += written
        }
    }
    if failure != 0 { throw ioError("cannot write", name, failure) }
}

/// Standard output or standard error.
public final class StandardStream: ByteSink {
    public static let errorDescriptor: Int32 = 2

    private let descriptor: Int32
    private let name: String

    private init(_ descriptor: Int32, _ name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// Standard output.
    public static func output() -> StandardStream { StandardStream(1, "standard output") }
    /// Standard error.
    public static func error() -> StandardStream { StandardStream(2, "standard error") }

    /// Writes all of it; throws with code `io`.
    public func write(_ bytes: [UInt8]) throws(ToolError) { try writeAll(descriptor, bytes, name: name) }

    /// Nothing is left to do: what was written is out.
    public func commit() throws(ToolError) {}

    /// Whether a person looks at it.
    public var isTerminal: Bool { isatty(descriptor) == 1 }
}

/// The end of a temporary name. Not the process number alone: a run that was killed leaves its file behind, and in a
/// container the next run has the same number.
func temporarySuffix() -> String {
    "\(getpid())-\(String(UInt32.random(in: .min ... .max), radix: 16)).part"
}

/// A file that is written beside its final name and renamed when it is whole and on disk.
///
/// A run that fails or is killed leaves no half-written file under the final name; the temporary file is removed
/// on every orderly way out.
public final class NewFile: ByteSink {
    /// The permissions of a new file.
    public enum Mode: Sendable {
        /// 0644, less the umask.
        case shared
        /// 0600, whatever the umask: private keys.
        case ownerOnly
    }

    private let path: String
    private let temporary: String
    private let replaces: Bool
    private var descriptor: Int32
    private var sealed = false
    private var committed = false

    /// - Parameter replaces: whether an existing file may be replaced (`--force`).
    /// - Throws: ``ToolError`` with code `would-overwrite` or `io`.
    public init(path: String, mode: Mode = .shared, replaces: Bool) throws(ToolError) {
        self.path = path
        self.replaces = replaces
        var status = stat()
        if lstat(path, &status) == 0 {
            guard replaces else { throw Self.wouldOverwrite(path) }
            guard status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFLNK else {
                throw ToolError(
                    .io, "cannot replace, expected a regular file",
                    context: [.init("file", path.escapedForTerminal)])
            }
        }
        let slash = path.utf8.lastIndex(of: 0x2f)
        let folder = slash.map { String(path[...$0]) } ?? ""
        let leaf = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
        temporary = "\(folder).\(leaf).\(temporarySuffix())"
        descriptor = open(
            temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode == .ownerOnly ? 0o600 : 0o644)
        guard descriptor >= 0 else { throw ioError("cannot create", path) }
        if mode == .ownerOnly { _ = fchmod(descriptor, 0o600) }
    }

    deinit { abandon() }

    /// Writes to the temporary file; throws with code `io`.
    public func write(_ bytes: [UInt8]) throws(ToolError) {
        try writeAll(descriptor, bytes, name: path)
    }

    /// Flushes to disk; nothing more can be written. ``commit()`` does this too: it is for many files at once.
    public func seal() throws(ToolError) {
        guard descriptor >= 0 else { return }
        guard fsync(descriptor) == 0 else { throw ioError("cannot write", path) }
        let open = descriptor
        descriptor = -1
        guard close(open) == 0 else { throw ioError("cannot write", path) }
        sealed = true
    }

    /// Flushes to disk, then gives the file its name, then flushes the folder.
    public func commit() throws(ToolError) {
        try seal()
        guard sealed, !committed else { return }
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
        if !committed { unlink(temporary) }
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
            hint: "choose another name, or say --force to replace it")
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
