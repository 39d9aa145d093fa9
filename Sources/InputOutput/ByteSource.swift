import Glibc

public import Diagnostics

/// A file or standard input, read in blocks.
///
/// A pipe, a terminal or a socket is *live*: what has come in can be asked for before more of it does
/// (``isAtHand``). Of a regular file everything is at hand.
public final class ByteSource {
    /// What results and errors call it: the path, or `-`.
    public let name: String
    private let descriptor: Int32
    private let owned: Bool
    private let meter: InputMeter?
    private let isLive: Bool
    private let identity: FileRegister.Identity?
    /// What ``peek(_:_:isEnough:)`` read ahead.
    private var ahead: [UInt8] = []
    private var aheadIsAll = false
    /// Set once the source is known to hold text.
    private var lineEnds: LineEnds?

    /// - Parameters:
    ///   - path: a file, or `-` for standard input.
    ///   - meter: counts what is read.
    /// - Throws: ``ToolError`` with code `io`.
    public init(path: String, meter: InputMeter? = nil) throws(ToolError) {
        name = path
        self.meter = meter
        owned = path != "-"
        // Not to block: opening a FIFO would wait for its writer, and a signal could come just before.
        descriptor = owned ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : 0
        var status = stat()
        let error = descriptor < 0 ? errno : fstat(descriptor, &status) < 0 ? errno : 0
        isLive = Self.isLive(status)
        identity = error == 0 ? FileRegister.Identity(status) : nil
        // From here on `deinit` closes, also when this throws: a second close could hit another thread's file.
        guard descriptor >= 0 else { throw ioError("cannot open", path, error) }
        guard error == 0 else { throw ioError("cannot read", path, error) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw ioError("cannot read", path, EISDIR) }
        if let identity { try FileRegister.beginReading(identity, path) }
    }

    /// Reads a descriptor that is open already and that somebody else closes.
    init(descriptor: Int32, name: String) {
        self.name = name
        self.descriptor = descriptor
        owned = false
        meter = nil
        identity = nil
        var status = stat()
        isLive = fstat(descriptor, &status) == 0 && Self.isLive(status)
    }

    /// Gives what is in memory already.
    public init(_ bytes: [UInt8], name: String) {
        self.name = name
        descriptor = -1
        owned = false
        isLive = false
        meter = nil
        identity = nil
        ahead = bytes
        aheadIsAll = true
    }

    deinit {
        if owned, descriptor >= 0 { close(descriptor) }
        if let identity { FileRegister.endReading(identity) }
    }

    private static func isLive(_ status: stat) -> Bool {
        switch status.st_mode & S_IFMT {
        case S_IFIFO, S_IFCHR, S_IFSOCK: true
        default: false
        }
    }

    /// Whether ``read(into:limit:)`` would answer at once, be it with the end.
    public var isAtHand: Bool {
        if !isLive || !ahead.isEmpty || aheadIsAll { return true }
        return isReady(descriptor, for: POLLIN)
    }

    /// Appends at most `limit` bytes to `buffer`; returns how many, 0 at the end. Waits for a live source.
    ///
    /// - Throws: ``ToolError`` with code `io`, also when a signal ends the waiting.
    public func read(into buffer: inout [UInt8], limit: Int) throws(ToolError) -> Int {
        if !ahead.isEmpty {
            let count = min(limit, ahead.count)
            if count == ahead.count, buffer.isEmpty {
                swap(&buffer, &ahead)
            } else {
                buffer += ahead[..<count]
                ahead.removeFirst(count)
            }
            return count
        }
        return aheadIsAll ? 0 : try readOn(into: &buffer, limit: limit)
    }

    /// Whether all there is was peeked at.
    public var isPeekedAtWhole: Bool { aheadIsAll }

    /// From here on a carriage return without a line feed is given out as a line feed, in what was peeked at too.
    ///
    /// - Parameter mark: octets to read over if the source begins with them.
    public func readAsText(without mark: [UInt8]) {
        guard lineEnds == nil else { return }
        if ahead.starts(with: mark) { ahead.removeFirst(mark.count) }
        var ends = LineEnds()
        ends.normalize(&ahead, from: 0, isMoreAtHand: !aheadIsAll && isDescriptorAtHand)
        lineEnds = ends
    }

    private var isDescriptorAtHand: Bool { !isLive || isReady(descriptor, for: POLLIN) }

    private func readOn(into buffer: inout [UInt8], limit: Int) throws(ToolError) -> Int {
        guard lineEnds != nil else { return try readBytes(into: &buffer, limit: limit) }
        let start = buffer.count
        while true {
            lineEnds?.beginBlock(&buffer)
            let isAtEnd = try readBytes(into: &buffer, limit: limit) == 0
            lineEnds?.normalize(&buffer, from: start, isMoreAtHand: !isAtEnd && isDescriptorAtHand)
            if isAtEnd || buffer.count > start { return buffer.count - start }
        }
    }

    private func readBytes(into buffer: inout [UInt8], limit: Int) throws(ToolError) -> Int {
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: limit))
        var count = -1
        repeat {
            guard !isLive || waitUntilReady(descriptor, for: POLLIN) else {
                buffer.removeLast(limit)
                throw Interruption.error
            }
            count = buffer.withUnsafeMutableBytes { raw in
                guard let base = raw.baseAddress else { return 0 }
                return Glibc.read(descriptor, base + start, limit)
            }
        } while count < 0 && (errno == EINTR || waitIfBlocked(descriptor, for: POLLIN))
        let failure = errno
        buffer.removeLast(limit - max(count, 0))
        guard count >= 0 else { throw ioError("cannot read", name, failure) }
        meter?.add(count)
        return count
    }

    /// The beginning of the source, by which its form can be told; ``read(into:limit:)`` gives it again.
    ///
    /// Of a file these are `limit` bytes, or all. Of a live source as many as were at hand when `isEnough` was content
    /// with them: nobody can wait for what the writer only writes after an answer.
    /// - Parameter isEnough: by default, whether there is a whole line that is not blank.
    public func peek(
        _ limit: Int, _ demand: InputDemand = .awaited,
        isEnough: ([UInt8]) -> Bool = ByteSource.hasWholeLine
    ) throws(ToolError) -> Arrival<[UInt8]> {
        while ahead.count < limit, !aheadIsAll {
            if isLive, !isReady(descriptor, for: POLLIN) {
                if isEnough(ahead) { break }
                if demand != .awaited { return .nothingYet }
            }
            if try readOn(into: &ahead, limit: min(limit, 65_536)) == 0 { aheadIsAll = true }
        }
        return .value(ahead)
    }

    /// Whether a line that is not blank has its end in `bytes`.
    public static func hasWholeLine(_ bytes: [UInt8]) -> Bool {
        guard let last = bytes.lastIndex(where: { $0 == 0x0a || $0 == 0x0d }) else { return false }
        return bytes[..<last].contains { $0 > 0x20 }
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
