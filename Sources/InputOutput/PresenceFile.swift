import Glibc

public import Diagnostics

/// Which of numbered runs are at work: each holds a lock on the octet of its number in one file, and the kernel lets it go
/// when the process ends, however that comes.
public final class PresenceFile: Sendable {
    // Locks of the open file, not of the process (fcntl(2)): closing another descriptor of the file does not drop them.
    private static let setLock: Int32 = 37
    private static let getLock: Int32 = 36

    private let descriptor: Int32
    private let path: String

    /// Opens the file, which is made where it is missing.
    public init(_ path: String) throws(ToolError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw ioError("cannot open the file of runs", path) }
    }

    deinit { close(descriptor) }

    private static func octet(_ number: Int64) -> flock {
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = off_t(number)
        lock.l_len = 1
        lock.l_pid = 0
        return lock
    }

    /// Says that the run of this number is at work, until the object or the process is gone.
    public func hold(_ number: Int64) throws(ToolError) {
        var lock = Self.octet(number)
        guard fcntl(descriptor, Self.setLock, &lock) == 0 else {
            throw ioError("cannot lock the file of runs", path)
        }
    }

    /// Whether another holder than this object says that the run is at work.
    public func isHeld(_ number: Int64) -> Bool {
        var lock = Self.octet(number)
        // What cannot be asked may be at work.
        guard fcntl(descriptor, Self.getLock, &lock) == 0 else { return true }
        return lock.l_type != Int16(F_UNLCK)
    }
}
