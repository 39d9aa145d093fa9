import Glibc
import Synchronization

public import Diagnostics

private let interrupted = Atomic<Int32>(0)
/// Both ends of a pipe whose reading end can be read for ever once a signal came: what waits for input waits for it too.
private let wakeUpReader = Atomic<Int32>(-1)
private let wakeUpWriter = Atomic<Int32>(-1)

/// SIGINT, SIGTERM and SIGHUP as a question that loops ask.
public enum Interruption {
    /// The first signal asks for an orderly end; the second ends the process at once.
    public static func install() {
        StandardDescriptors.occupyClosed()
        var ends: [Int32] = [-1, -1]
        if pipe(&ends) == 0 {
            for end in ends {
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
            }
            wakeUpReader.store(ends[0], ordering: .relaxed)
            wakeUpWriter.store(ends[1], ordering: .relaxed)
        }
        let handler: @convention(c) (Int32) -> Void = { number in
            if interrupted.exchange(number, ordering: .relaxed) != 0 { _exit(130) }
            // A write can set errno, which is that of the code that was interrupted.
            let before = errno
            var octet: UInt8 = 0
            _ = write(wakeUpWriter.load(ordering: .relaxed), &octet, 1)
            errno = before
        }
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        sigemptyset(&action.sa_mask)
        sigaction(SIGINT, &action, nil)
        sigaction(SIGTERM, &action, nil)
        // nohup wants the process to outlive its terminal.
        var hangup = sigaction()
        sigaction(SIGHUP, nil, &hangup)
        if unsafeBitCast(hangup.__sigaction_handler.sa_handler, to: Int.self) != 1 {
            sigaction(SIGHUP, &action, nil)
        }
        // A closed pipe is a failed write with a reason, not a silent death.
        signal(SIGPIPE, SIG_IGN)
        // So is a file that would grow beyond the limit of the process (ulimit -f).
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Whether a signal has asked for the end.
    public static var requested: Bool { interrupted.load(ordering: .relaxed) != 0 }

    /// Whether the signal that asked for the end was SIGTERM, by which service managers end a service in good order.
    public static var isTermination: Bool { interrupted.load(ordering: .relaxed) == SIGTERM }

    /// Waits until a signal asks for the end.
    public static func wait() {
        while !requested {
            var request = pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)
            _ = poll(&request, 1, -1)
        }
    }

    /// Why something that was waited for is not there: nothing to tell anybody who has just sent the signal.
    public static let error = ToolError(.io, "interrupted")

    /// What can be read as soon as a signal came; -1 where nothing was installed.
    static var wakeUp: Int32 { wakeUpReader.load(ordering: .relaxed) }
}
