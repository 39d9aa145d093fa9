import Glibc

/// Keeps the memory of this process, with its keys and passphrases, out of core dumps.
public enum CoreDumps {
    /// One octet and not zero: no file is smaller than a page, so none is written; and where dumps go to a program
    /// (core(5), `|` in core_pattern), which zero does not stop, the kernel takes one for "none at all". Not `PR_SET_DUMPABLE`:
    /// that would close `/proc/self/fd` to this process, and with it `/dev/stdin` and a shell's `<(…)`.
    public static func disable() {
        var limit = rlimit(rlim_cur: 1, rlim_max: 1)
        if setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) != 0 {
            // The hard limit is below that already.
            limit = rlimit(rlim_cur: 0, rlim_max: 0)
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        }
    }
}
