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
