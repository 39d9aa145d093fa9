import Glibc

public import Diagnostics

/// A folder held for one process; the kernel lets it go when the process ends, however that comes.
public final class FolderLock {
    private let descriptor: Int32

    /// - Parameter holder: what another process is called that holds the folder.
    /// - Throws: ``ToolError`` with `locked`, or with `io` where the folder cannot be opened.
    public init(_ path: String, holder: String) throws(ToolError) {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ioError("cannot open the folder", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(descriptor)
            guard reason == EWOULDBLOCK else { throw ioError("cannot lock the folder", path, reason) }
            throw ToolError(
                .locked, "expected a folder that nobody serves, found \(holder) at work in it",
                context: [.init("file", path.escapedForTerminal)],
                hint: "stop that one first, or give another folder"
            )
        }
    }

    deinit { close(descriptor) }
}
