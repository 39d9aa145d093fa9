import Glibc

/// How much of the inputs of a run was read: what the remaining time is estimated from.
public final class InputMeter {
    /// Bytes of all inputs; `nil` while it is not known, and for good when one of them is a pipe.
    public var total: Int?
    /// Bytes read so far.
    public private(set) var count = 0

    public init() {}

    func add(_ bytes: Int) { count += bytes }
}

extension FileSystem {
    /// The bytes of the regular file at `path`, `-` being standard input; `nil` for anything else.
    public static func size(of path: String) -> Int? {
        var status = stat()
        guard (path == "-" ? fstat(0, &status) : stat(path, &status)) == 0,
            status.st_mode & S_IFMT == S_IFREG
        else { return nil }
        return Int(status.st_size)
    }
}
