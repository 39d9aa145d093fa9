import Glibc

import Diagnostics

/// What a result is written to as it is made, because there is no name to give in the end: a device, a FIFO, a
/// descriptor of this process.
enum DirectFile {
    /// Opens `path` for writing if it is such a one; `nil` for everything else.
    ///
    /// A FIFO is waited for until somebody reads it.
    static func open(_ path: String) throws(ToolError) -> Int32? {
        if let descriptor = descriptor(path) {
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
            guard copy >= 0 else { throw ioError("cannot open", path) }
            return copy
        }
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFCHR, S_IFBLK, S_IFIFO: break
        default: return nil
        }
        // Not to block: a FIFO without a reader would wait past a signal.
        var open = Glibc.open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        while open < 0, errno == ENXIO, status.st_mode & S_IFMT == S_IFIFO, !Interruption.requested {
            waitForSignal(milliseconds: 20)
            open = Glibc.open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        }
        guard open >= 0 else {
            throw Interruption.requested ? Interruption.error : ioError("cannot open", path)
        }
        _ = fcntl(open, F_SETFL, fcntl(open, F_GETFL) & ~O_NONBLOCK)
        return open
    }

    /// The descriptor that names such as `/dev/stdout` stand for: opened by its name, a file would begin anew.
    private static func descriptor(_ path: String) -> Int32? {
        switch path {
        case "/dev/stdout": return 1
        case "/dev/stderr": return 2
        default: break
        }
        for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
            return Int32(path.dropFirst(folder.utf8.count))
        }
        return nil
    }
}
