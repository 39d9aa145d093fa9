import CGlibc
import Glibc

public import Diagnostics

/// A serial line without a wire: whoever opens ``path`` as a serial port talks to this end.
public final class PseudoTerminal {
    /// What the other end is opened by: `/dev/pts/7`.
    public let path: String
    private let descriptor: Int32
    /// Held open, so that the line outlives each program at its other end.
    private let otherEnd: Int32

    /// - Throws: ``ToolError`` with code `io`.
    public init() throws(ToolError) {
        var name = [CChar](repeating: 0, count: 128)
        descriptor = assay_open_pseudo_terminal(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, &name, name.count)
        guard descriptor >= 0 else {
            otherEnd = -1
            path = ""
            throw ioError("cannot make a pseudo-terminal", "/dev/ptmx")
        }
        path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        otherEnd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        var settings = termios()
        guard otherEnd >= 0, tcgetattr(otherEnd, &settings) == 0 else {
            throw ioError("cannot open the pseudo-terminal", path)
        }
        // Before anybody opens it: nothing is echoed, and no line feed gets a companion.
        cfmakeraw(&settings)
        guard tcsetattr(otherEnd, TCSANOW, &settings) == 0 else {
            throw ioError("cannot set up the pseudo-terminal", path)
        }
    }

    deinit {
        if otherEnd >= 0 { close(otherEnd) }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Appends what comes in; false when nothing came for so long, or a signal asked for the end.
    ///
    /// - Throws: ``ToolError`` with code `io`.
    public func read(into buffer: inout [UInt8], milliseconds: Int32) throws(ToolError) -> Bool {
        var requests = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: Interruption.wakeUp, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&requests, 2, milliseconds) > 0, requests[0].revents != 0 else { return false }
        var octets = [UInt8](repeating: 0, count: 4_096)
        let count = Glibc.read(descriptor, &octets, octets.count)
        if count > 0 {
            buffer += octets[..<count]
            return true
        }
        guard count < 0, errno == EAGAIN || errno == EINTR else {
            throw ioError("cannot read from the pseudo-terminal", path)
        }
        return false
    }

    /// Writes what the other end has room for within `milliseconds`; the rest is lost, as on a line that nobody reads.
    ///
    /// - Returns: how many octets were written.
    @discardableResult
    public func write(_ octets: [UInt8], milliseconds: Int32 = 1_000) -> Int {
        var rest = octets[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
                continue
            }
            guard count < 0, errno == EAGAIN || errno == EINTR else { break }
            var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&request, 1, milliseconds) > 0 else { break }
        }
        return octets.count - rest.count
    }
}
