import Glibc

public import Diagnostics

/// A file or standard input, read in blocks.
public final class ByteSource {
    /// What results and errors call it: the path, or `-`.
    public let name: String
    private let descriptor: Int32
    private let owned: Bool
    private let meter: InputMeter?
    /// Set once the source is known to hold text.
    private var lineEnds: LineEnds?

    /// - Parameters:
    ///   - path: a file, or `-` for standard input.
    ///   - meter: counts what is read.
    /// - Throws: ``ToolError`` with code `io`.
    public init(path: String, meter: InputMeter? = nil) throws(ToolError) {
        name = path
        self.meter = meter
        if path == "-" {
            descriptor = 0
            owned = false
            return
        }
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        owned = true
        guard descriptor >= 0 else { throw ioError("cannot open", path) }
        // From here on `deinit` closes, also when this throws: a second close could hit another thread's file.
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ioError("cannot read", path) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw ioError("cannot read", path, EISDIR) }
    }

    /// Reads a descriptor that is open already and that somebody else closes.
    init(descriptor: Int32, name: String) {
        self.name = name
        self.descriptor = descriptor
        owned = false
        meter = nil
    }

    deinit { if owned, descriptor >= 0 { close(descriptor) } }

    /// From here on a carriage return without a line feed is given out as a line feed.
    ///
    /// - Parameter head: what was read of the source already; it is changed in the same way.
    public func normalizeLineEnds(of head: inout [UInt8]) throws(ToolError) {
        var ends = LineEnds()
        ends.normalize(&head, from: 0, isMoreToCome: true)
        lineEnds = ends
    }

    /// Appends at most `limit` bytes to `buffer`; returns how many, 0 at the end.
    public func read(into buffer: inout [UInt8], limit: Int) throws(ToolError) -> Int {
        guard lineEnds != nil else { return try readBytes(into: &buffer, limit: limit) }
        let start = buffer.count
        while true {
            lineEnds?.beginBlock(&buffer)
            let isAtEnd = try readBytes(into: &buffer, limit: limit) == 0
            lineEnds?.normalize(&buffer, from: start, isMoreToCome: !isAtEnd)
            if isAtEnd || buffer.count > start { return buffer.count - start }
        }
    }

    private func readBytes(into buffer: inout [UInt8], limit: Int) throws(ToolError) -> Int {
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: limit))
        var count = -1
        repeat {
            count = buffer.withUnsafeMutableBytes { raw in
                guard let base = raw.baseAddress else { return 0 }
                return Glibc.read(descriptor, base + start, limit)
            }
        } while count < 0 && !Interruption.requested
            && (errno == EINTR || waitIfBlocked(descriptor, for: POLLIN))
        let failure = errno
        buffer.removeLast(limit - max(count, 0))
        guard count >= 0 else { throw ioError("cannot read", name, failure) }
        meter?.add(count)
        return count
    }

    /// The whole content, refused beyond `limit` bytes.
    public func readAll(limit: Int) throws(ToolError) -> [UInt8] {
        var bytes: [UInt8] = []
        while try read(into: &bytes, limit: 65_536) > 0 {
            guard bytes.count <= limit else {
                throw ToolError(
                    .io, "file too large, expected at most \(limit) bytes",
                    context: [.init("file", name.escapedForTerminal)])
            }
        }
        return bytes
    }

    /// The whole content of the file at `path` (or of standard input for `-`).
    public static func contents(of path: String, limit: Int = 16 << 20) throws(ToolError) -> [UInt8] {
        try ByteSource(path: path).readAll(limit: limit)
    }
}
