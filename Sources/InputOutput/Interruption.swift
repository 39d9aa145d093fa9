import Glibc
import Synchronization

public import Diagnostics

private let interrupted = Atomic<Int32>(0)
/// Both ends of a pipe whose reading end can be read for ever once a signal came: what waits for input waits for it too.
private let wakeUpReader = Atomic<Int32>(-1)
private let wakeUpWriter = Atomic<Int32>(-1)
/// A pipe of its own for SIGHUP where it asks for something else than the end.
private let reloadReader = Atomic<Int32>(-1)
private let reloadWriter = Atomic<Int32>(-1)

/// SIGINT, SIGTERM and SIGHUP as a question that loops ask.
public enum Interruption {
    /// The first signal asks for an orderly end; the second ends the process at once.
    public static func install() {
        StandardDescriptors.occupyClosed()
        openPipe(wakeUpReader, wakeUpWriter)
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

    private static func openPipe(_ reader: borrowing Atomic<Int32>, _ writer: borrowing Atomic<Int32>) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        reader.store(ends[0], ordering: .relaxed)
        writer.store(ends[1], ordering: .relaxed)
    }

    /// From now on SIGHUP asks a service to read its files again, and ends nothing.
    public static func takeHangupAsReload() {
        openPipe(reloadReader, reloadWriter)
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in
            let before = errno
            var octet: UInt8 = 0
            _ = write(reloadWriter.load(ordering: .relaxed), &octet, 1)
            errno = before
        }
        sigemptyset(&action.sa_mask)
        sigaction(SIGHUP, &action, nil)
    }

    /// What a signal asks of a service.
    public enum Request: Sendable {
        case end, reload
    }

    /// Waits until a signal asks for something. Several hangups before it is asked are one.
    public static func next() -> Request {
        let reload = reloadReader.load(ordering: .relaxed)
        while !requested {
            // A descriptor of -1 is passed over.
            var waiting = [wakeUp, reload].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            _ = poll(&waiting, nfds_t(waiting.count), -1)
            if requested { break }
            guard waiting[1].revents != 0 else { continue }
            var octets = [UInt8](repeating: 0, count: 64)
            while read(reload, &octets, octets.count) > 0 {}
            return .reload
        }
        return .end
    }

    /// Whether a signal has asked for the end.
    public static var requested: Bool { interrupted.load(ordering: .relaxed) != 0 }

    /// Whether the signal that asked for the end was SIGTERM, by which service managers end a service in good order.
    public static var isTermination: Bool { interrupted.load(ordering: .relaxed) == SIGTERM }

    /// Why something that was waited for is not there: nothing to tell anybody who has just sent the signal.
    public static let error = ToolError(.io, "interrupted")

    /// What can be read as soon as a signal came; -1 where nothing was installed.
    static var wakeUp: Int32 { wakeUpReader.load(ordering: .relaxed) }
}
