import Diagnostics
import InputOutput

/// What a command gets from outside: the clock and the size of the machine, as values.
package struct Environment: Sendable {
    /// Seconds since 1970, read once when the command starts.
    package let now: Int64
    /// How many cores to use when `--jobs` does not say.
    package let defaultJobs: Int
    /// What runs the verbs that talk to a service.
    let network: any NetworkRunner

    init(
        now: Int64 = System.now(), defaultJobs: Int = System.coreCount,
        network: any NetworkRunner = HelperProgram()
    ) {
        self.now = now
        self.defaultJobs = defaultJobs
        self.network = network
    }
}
