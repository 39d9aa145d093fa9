import Glibc

/// The name beside a file or folder under which it is prepared: `.NAME.PID.part`.
enum TemporaryName {
    /// So many leftovers of killed runs are passed over; more than these somebody should look at.
    private static let attempts = 1_000

    /// Calls `create` with names until one is not taken.
    ///
    /// A killed run leaves its name behind, and in a container the next run may well have the same process number:
    /// such a leftover must not stop it, and is not its to remove.
    /// - Parameter create: a system call that refuses an existing name with `EEXIST`.
    /// - Returns: the name and what `create` returned for it; `errno` is that of the last call.
    static func make(for path: String, _ create: (String) -> Int32) -> (name: String, result: Int32) {
        let slash = path.utf8.lastIndex(of: 0x2f)
        let folder = slash.map { String(path[...$0]) } ?? ""
        let leaf = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
        var name = "\(folder).\(leaf).\(getpid()).part"
        var result = create(name)
        var attempt = 1
        while result < 0, errno == EEXIST, attempt < attempts {
            name = "\(folder).\(leaf).\(getpid())-\(attempt).part"
            result = create(name)
            attempt += 1
        }
        return (name, result)
    }
}
