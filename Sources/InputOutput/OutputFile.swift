import Glibc
import Synchronization

public import Diagnostics

/// Whether a write found that whoever read the output has gone.
private let readerHasLeft = Atomic<Bool>(false)

/// Where a command writes its result: standard output, or a new file that appears whole or not at all.
public protocol ByteSink: AnyObject {
    func write(_ bytes: [UInt8]) throws(ToolError)
    /// Makes the result final; without it a file does not appear.
    func commit() throws(ToolError)
}

/// Writes all of `bytes` to `descriptor`.
///
/// - Parameter staysWhole: whether nobody sees what was written before it failed.
func writeAll(
    _ descriptor: Int32, _ bytes: [UInt8], name: String, staysWhole: Bool = true
) throws(ToolError) {
    var failure: Int32 = 0
    bytes.withUnsafeBytes { raw in
        var offset = 0
        while offset < raw.count {
            guard let base = raw.baseAddress else { return }
            let written = Glibc.write(descriptor, base + offset, raw.count - offset)
            if written < 0 {
                if errno == EINTR || waitIfBlocked(descriptor, for: POLLOUT) { continue }
                failure = errno
                return
            }
            offset += written
        }
    }
    if failure == EPIPE, descriptor != StandardStream.errorDescriptor {
        readerHasLeft.store(true, ordering: .relaxed)
    }
    if failure != 0 { throw ioError("cannot write", name, failure, staysWhole: staysWhole) }
}

/// Standard output or standard error.
public final class StandardStream: ByteSink {
    public static let errorDescriptor: Int32 = 2

    private let descriptor: Int32
    private let name: String

    private init(_ descriptor: Int32, _ name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// Whether somebody who read a result has gone, as `head` does when it has enough: no error worth a message.
    public static var readerHasLeft: Bool { InputOutput.readerHasLeft.load(ordering: .relaxed) }

    /// Standard output.
    public static func output() -> StandardStream { StandardStream(1, "standard output") }
    /// Standard error.
    public static func error() -> StandardStream { StandardStream(2, "standard error") }

    /// Writes all of it; throws with code `io`.
    public func write(_ bytes: [UInt8]) throws(ToolError) {
        try writeAll(descriptor, bytes, name: name, staysWhole: false)
    }

    /// Nothing is left to do: what was written is out.
    public func commit() throws(ToolError) {}

    /// Whether a person looks at it.
    public var isTerminal: Bool { isatty(descriptor) == 1 }
}
