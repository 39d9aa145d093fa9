import Glibc

/// How many files and sockets this process may have open.
public enum OpenFileLimit {
    /// Raises the limit to `count` if the system lets it, and answers what it is now.
    public static func raise(to count: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return count }
        if limit.rlim_cur < rlim_t(clamping: count) {
            limit.rlim_cur = min(rlim_t(clamping: count), limit.rlim_max)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }
}
