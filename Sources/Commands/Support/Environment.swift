import Diagnostics
import InputOutput

/// What a command gets from outside: the clock and the size of the machine, as values.
struct Environment: Sendable {
    /// Seconds since 1970, read once when the command starts.
    let now: Int64
    /// How many cores to use when `--jobs` does not say.
    let defaultJobs: Int

    init(now: Int64 = System.now(), defaultJobs: Int = System.coreCount) {
        self.now = now
        self.defaultJobs = defaultJobs
    }
}
