import Glibc
import Synchronization

private let interrupted = Atomic<Int32>(0)

/// SIGINT and SIGTERM as a question that loops ask.
public enum Interruption {
    /// The first signal asks for an orderly end; the second ends the process at once.
    public static func install() {
        let handler: @convention(c) (Int32) -> Void = { number in
            if interrupted.exchange(number, ordering: .relaxed) != 0 { _exit(130) }
        }
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        sigemptyset(&action.sa_mask)
        sigaction(SIGINT, &action, nil)
        sigaction(SIGTERM, &action, nil)
        // A closed pipe is a failed write with a reason, not a silent death.
        signal(SIGPIPE, SIG_IGN)
        // So is a file that would grow beyond the limit of the process (ulimit -f).
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Whether a signal has asked for the end.
    public static var requested: Bool { interrupted.load(ordering: .relaxed) != 0 }
}
