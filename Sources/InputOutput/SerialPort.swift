import Glibc

public import Diagnostics

/// A serial port, held for one process and set to raw octets: 8 bits, no parity, one stop bit.
public final class SerialPort {
    public let path: String
    private let descriptor: Int32

    /// - Parameters:
    ///   - baud: bits a second, one of those that the system knows (termios(3)).
    ///   - hasFlowControl: whether RTS and CTS say who may send.
    /// - Throws: ``ToolError``: `io`, `locked` while another process has it, `usage` for a speed that nobody has.
    public init(path: String, baud: UInt32, hasFlowControl: Bool = false) throws(ToolError) {
        self.path = path
        // Not to block: a port without a carrier would wait for it.
        descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.openError(path, errno) }
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else {
            throw Self.error(
                "expected a serial port, found something else", path,
                "a board is /dev/ttyACM0 or /dev/ttyUSB0, or has a name in /dev/serial/by-id")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw ToolError(
                .locked, "expected a serial port that nobody uses, found another process at it",
                context: [.init("port", path.escapedForTerminal)],
                hint: "close the other program; fuser -v with the port says which it is")
        }
        cfmakeraw(&settings)
        settings.c_cflag |= tcflag_t(CLOCAL | CREAD)
        settings.c_cflag &= ~tcflag_t(CSTOPB)
        if hasFlowControl {
            settings.c_cflag |= tcflag_t(CRTSCTS)
        } else {
            settings.c_cflag &= ~tcflag_t(CRTSCTS)
        }
        // A speed of 0 would hang up.
        guard baud > 0, cfsetspeed(&settings, speed_t(baud)) == 0 else {
            throw ToolError(
                .usage, "expected a speed that serial ports have, found \(baud) baud",
                hint: "boards use 115200, some 1000000")
        }
        guard tcsetattr(descriptor, TCSANOW, &settings) == 0 else {
            throw ioError("cannot set up the serial port", path)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private static func openError(_ path: String, _ code: Int32) -> ToolError {
        switch code {
        case ENOENT, ENXIO, ENODEV, EIO:
            error(
                "expected a serial port, found \(code == ENOENT ? "nothing of this name" : systemReason(code))",
                path,
                "ls /dev/serial/by-id lists what is connected; dmesg says what went away")
        case EACCES, EPERM:
            error(
                "cannot open the serial port: \(systemReason(code))", path,
                "serial ports belong to the group dialout: sudo usermod -aG dialout $USER, then log in again")
        case EBUSY:
            ToolError(
                .locked, "expected a serial port that nobody uses, found another process at it",
                context: [.init("port", path.escapedForTerminal)],
                hint: "close the other program; fuser -v with the port says which it is")
        default: error("cannot open the serial port: \(systemReason(code))", path, nil)
        }
    }

    private static func error(_ message: String, _ path: String, _ hint: String?) -> ToolError {
        ToolError(
            .io, message, context: [.init("port", path.escapedForTerminal)], hint: hint.map { .text($0) })
    }

    private var gone: ToolError {
        Self.error(
            "the serial port went away", path,
            "connect the device again, then give the command again; dmesg says what happened")
    }

    /// What was received so far and nobody asked for is thrown away.
    public func discardInput() { tcflush(descriptor, TCIFLUSH) }

    /// Appends what comes in until `deadline`; false when nothing came.
    ///
    /// - Parameters:
    ///   - deadline: by ``System/monotonicNanoseconds()``.
    ///   - heedsSignals: whether a signal that asks for the end ends the waiting too.
    /// - Throws: ``ToolError`` with code `io` when the port is gone, or for the signal.
    public func read(
        into buffer: inout [UInt8], until deadline: UInt64, heedsSignals: Bool = true
    ) throws(ToolError) -> Bool {
        while try wait(for: POLLIN, until: deadline, heedsSignals) {
            var octets = [UInt8](repeating: 0, count: 4_096)
            let count = Glibc.read(descriptor, &octets, octets.count)
            if count > 0 {
                buffer += octets[..<count]
                return true
            }
            // A terminal whose other end has gone reads as ended.
            guard count < 0, errno == EAGAIN || errno == EINTR else { throw gone }
        }
        return false
    }

    /// Writes all of it.
    ///
    /// - Throws: ``ToolError`` with code `io` when the port is gone, takes nothing until `deadline`, or for a signal.
    public func write(
        _ octets: [UInt8], until deadline: UInt64, heedsSignals: Bool = true
    ) throws(ToolError) {
        var rest = octets[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
                continue
            }
            guard count < 0, errno == EAGAIN || errno == EINTR else { throw gone }
            guard try wait(for: POLLOUT, until: deadline, heedsSignals) else {
                throw Self.error(
                    "the serial port takes nothing", path,
                    "flow control may be waited for that the other end does not have, or the device hangs: reset it"
                )
            }
        }
    }

    /// Whether a call would not have to wait; false when the time is over.
    private func wait(for events: Int32, until deadline: UInt64, _ heedsSignals: Bool) throws(ToolError)
        -> Bool
    {
        while true {
            if heedsSignals, Interruption.requested { throw Interruption.error }
            let now = System.monotonicNanoseconds()
            let rest = deadline > now ? (deadline - now) / 1_000_000 + 1 : 0
            var requests = [
                pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0),
                pollfd(fd: heedsSignals ? Interruption.wakeUp : -1, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&requests, 2, Int32(clamping: rest))
            if count < 0, errno != EINTR { throw gone }
            if count > 0, requests[0].revents != 0 { return true }
            if count == 0 { return false }
        }
    }
}
