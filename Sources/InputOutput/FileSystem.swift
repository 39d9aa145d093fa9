import Glibc

public import Diagnostics

/// Questions to the file system and folders.
public enum FileSystem {
    /// What a path can lead to.
    public enum EntryKind: Sendable { case file, folder, other }

    /// What is at `path`, or `nil` for nothing.
    public static func kind(of path: String) -> EntryKind? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        default: return .other
        }
    }

    /// Whether there is a symbolic link of this name, wherever it leads.
    public static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// How many names a file has; `nil` where there is none.
    public static func linkCount(of path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(clamping: status.st_nlink) : nil
    }

    /// The way from a folder to a file, both absolute and without links; absolute where they have no folder in common.
    public static func relativePath(from folder: String, to file: String) -> String {
        let start = folder.split(separator: "/")
        let end = file.split(separator: "/")
        var common = 0
        while common < start.count, common < end.count - 1, start[common] == end[common] { common += 1 }
        guard common > 0 || start.isEmpty else { return file }
        return (Array(repeating: "..", count: start.count - common) + end[common...].map(String.init))
            .joined(separator: "/")
    }

    /// The absolute path without links, `.` and `..` of something that is there.
    ///
    /// - Throws: ``ToolError`` with code `io`.
    public static func realPath(_ path: String) throws(ToolError) -> String {
        guard let resolved = realpath(path, nil) else { throw ioError("cannot follow the path", path) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The place that a path leads to, however it is spelt: two paths of one place are one file, also of one that is not
    /// there yet. The path itself where its folder cannot be found.
    public static func place(of path: String) -> String {
        if let real = try? realPath(path) { return real }
        let slash = path.utf8.lastIndex(of: 0x2f)
        let leaf = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
        guard let folder = try? realPath(slash.map { String(path[...$0]) } ?? ".") else { return path }
        return (folder.hasSuffix("/") ? folder : folder + "/") + leaf
    }

    /// Makes a folder, mode 0755 less the umask.
    ///
    /// - Throws: ``ToolError`` with code `would-overwrite` when something is there, else `io`.
    public static func makeFolder(_ path: String) throws(ToolError) {
        guard mkdir(path, 0o755) == 0 else {
            if errno == EEXIST {
                throw ToolError(
                    .wouldOverwrite, "the folder exists", context: [.init("file", path.escapedForTerminal)],
                    hint: "choose another name")
            }
            throw ioError("cannot make the folder", path)
        }
        NewFile.syncFolder(of: path)
    }

    /// Makes the folders above a file that are missing, for their owner alone.
    public static func makeFolders(above path: String) throws(ToolError) {
        guard let slash = path.utf8.lastIndex(of: 0x2f), slash != path.startIndex else { return }
        let folder = String(path[..<slash])
        guard kind(of: folder) == nil else { return }
        try makeFolders(above: folder)
        // Another process may make it at the same time.
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw ioError("cannot make the folder", folder)
        }
        NewFile.syncFolder(of: folder)
    }

    /// Makes an empty file, mode 0600; false when there is one already.
    public static func createEmptyFile(_ path: String) throws(ToolError) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { return false }
            throw ioError("cannot create", path)
        }
        close(descriptor)
        NewFile.syncFolder(of: path)
        return true
    }

    /// Flushes a file that is whole and gives it its name, which nothing may have yet.
    ///
    /// - Throws: ``ToolError`` with code `would-overwrite` or `io`.
    public static func publish(_ temporary: String, as path: String) throws(ToolError) {
        let descriptor = open(temporary, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ioError("cannot open", temporary) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw ioError("cannot write", temporary) }
        // A link refuses an existing name where a rename would replace it.
        guard link(temporary, path) == 0 else {
            if errno == EEXIST { throw NewFile.wouldOverwrite(path) }
            throw ioError("cannot create", path)
        }
        unlink(temporary)
        NewFile.syncFolder(of: path)
    }

    /// Removes a file; that it is not there is no error.
    public static func removeFile(_ path: String) { unlink(path) }

    /// Removes an empty folder.
    public static func removeEmptyFolder(_ path: String) { rmdir(path) }

    /// The permission bits of a file, or `nil`.
    public static func permissions(of path: String) -> UInt32? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return UInt32(status.st_mode & 0o7777)
    }

    /// The names of all that is in a folder, hidden files too, in no order.
    public static func names(in folder: String) throws(ToolError) -> [String] {
        guard let stream = opendir(folder) else { throw ioError("cannot read the folder", folder) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
