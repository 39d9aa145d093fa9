import CGlibc
import Glibc

public import Diagnostics

/// Files of one folder that become durable and get their names together: one flush of the file system for all of them,
/// where each alone would take two.
///
/// Until then they lie in a hidden folder beside their names. A crash leaves each either whole under its name or without
/// a name; what a killed run left is removed by the next.
public final class NewFileGroup {
    private static let prefix = ".assay-"

    private let folder: String
    private let replaces: Bool
    private let descriptor: Int32
    /// The folder of the files without names, once there was one; locked as long as this run is alive.
    private var hidden: (path: String, lock: Int32)?
    /// The files without names, each once.
    private var names: [String] = []
    private var known: Set<String> = []

    /// - Parameter replaces: whether existing files may be replaced (`--force`).
    /// - Throws: ``ToolError`` with code `io`.
    public init(folder: String, replaces: Bool) throws(ToolError) {
        self.folder = folder.hasSuffix("/") ? folder : folder + "/"
        self.replaces = replaces
        descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ioError("cannot open the folder", folder) }
        removeLeftovers()
    }

    deinit {
        abandon()
        if descriptor >= 0 { close(descriptor) }
    }

    /// Where a file of this name will be.
    public func path(of name: String) -> String { folder + name }

    /// What is in the file of this name; `nil` where there is none or it cannot be read.
    public func content(of name: String) -> [UInt8]? {
        guard FileSystem.kind(of: path(of: name)) != nil else { return nil }
        return (try? ByteSource.contents(of: path(of: name), limit: 1 << 20)) ?? []
    }

    /// The error of a name under which there is another file.
    public func nameIsTaken(_ name: String) -> ToolError { NewFile.wouldOverwrite(path(of: name)) }

    /// Writes one whole file; a second one of the same name takes the place of the first.
    public func write(_ bytes: [UInt8], as name: String) throws(ToolError) {
        if replaces { try FileRegister.demandReplaceable(path(of: name)) }
        let hidden = try hiddenFolder()
        let file = open("\(hidden)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard file >= 0 else { throw ioError("cannot create", path(of: name)) }
        if known.insert(name).inserted { names.append(name) }
        defer { close(file) }
        do {
            try writeAll(file, bytes, name: path(of: name))
        } catch {
            unlink("\(hidden)/\(name)")
            throw error
        }
    }

    /// Flushes all files to disk, then gives them their names, then flushes the folder; says which have none and why.
    public func commit() -> [String: ToolError] {
        guard let hidden, !names.isEmpty else { return [:] }
        defer {
            names.removeAll(keepingCapacity: true)
            known.removeAll(keepingCapacity: true)
        }
        var failures: [String: ToolError] = [:]
        guard assay_sync_file_system(descriptor) == 0 else {
            let reason = errno
            for name in names {
                unlink("\(hidden.path)/\(name)")
                failures[name] = ioError("cannot write", path(of: name), reason)
            }
            return failures
        }
        for name in names where !give("\(hidden.path)/\(name)", path(of: name)) {
            let reason = errno
            failures[name] =
                reason == EEXIST ? nameIsTaken(name) : ioError("cannot create", path(of: name), reason)
            unlink("\(hidden.path)/\(name)")
        }
        fsync(descriptor)
        return failures
    }

    private func give(_ temporary: String, _ path: String) -> Bool {
        #if DEBUG
            FaultPoint.beforeName.reach()
            defer { FaultPoint.afterName.reach() }
        #endif
        if replaces { return rename(temporary, path) == 0 }
        if assay_rename_to_free_name(temporary, path) == 0 { return true }
        // Not every file system can do that. A link refuses an existing name too.
        guard errno == EINVAL || errno == ENOSYS, link(temporary, path) == 0 else { return false }
        unlink(temporary)
        return true
    }

    /// Removes what has no name.
    public func abandon() {
        guard let (path, lock) = hidden else { return }
        hidden = nil
        for name in names { unlink("\(path)/\(name)") }
        names = []
        known = []
        rmdir(path)
        close(lock)
    }

    private func hiddenFolder() throws(ToolError) -> String {
        if let hidden { return hidden.path }
        for _ in 0..<8 {
            let path = folder + Self.prefix + temporarySuffix()
            guard mkdir(path, 0o700) == 0 else { break }
            let lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            // Another run may have taken it for what a killed one left, in the moment before it was locked.
            var status = stat()
            if lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0, fstat(lock, &status) == 0, status.st_nlink > 0
            {
                hidden = (path, lock)
                return path
            }
            if lock >= 0 { close(lock) }
        }
        throw ioError("cannot create a file in the folder", folder)
    }

    /// Removes what runs left that were killed: its lock is free.
    private func removeLeftovers() {
        guard let names = try? FileSystem.names(in: folder) else { return }
        for name in names where name.hasPrefix(Self.prefix) && name.hasSuffix(".part") {
            let path = folder + name
            let lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            guard lock >= 0 else { continue }
            defer { close(lock) }
            guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { continue }
            for file in (try? FileSystem.names(in: path)) ?? [] { unlink("\(path)/\(file)") }
            rmdir(path)
        }
    }
}
