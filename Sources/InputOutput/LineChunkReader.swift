public import Diagnostics

/// A block of whole lines.
public struct LineChunk: Sendable {
    public let bytes: [UInt8]
    /// The number of the first line in the file, from 1.
    public let firstLine: Int
    /// How many lines end in this block; a last line without a line feed counts.
    public let lineCount: Int
    /// Whether these bytes go on with the too long line that the block before began.
    public let isRest: Bool

    public init(bytes: [UInt8], firstLine: Int, lineCount: Int, isRest: Bool = false) {
        self.bytes = bytes
        self.firstLine = firstLine
        self.lineCount = lineCount
        self.isRest = isRest
    }

    /// Calls `body` with each line, without its line feed, and its number, until it answers false.
    public func forEachLine(_ body: (ArraySlice<UInt8>, Int) -> Bool) {
        var number = firstLine
        var start = 0
        while start < bytes.count {
            let end = ByteSearch.firstLineFeed(in: bytes, from: start) ?? bytes.count
            guard body(bytes[start..<end], number) else { return }
            number += 1
            start = end + 1
        }
    }
}

/// Splits a stream into blocks of whole lines, with memory that does not depend on the length of the stream.
///
/// A line longer than the limit is cut to one byte more than the limit, so that whoever reads it sees that it is
/// too long; the rest of it is dropped, or comes in blocks of its own for who wants to keep it.
public struct LineChunkReader {
    /// Where a block may end.
    public enum Boundary: Sendable {
        case anyLine
        /// Only after a line that starts with `-----END `, so that a PEM text is never cut.
        case pemEnd
    }

    /// The longest line that is passed on whole, in bytes.
    public static let lineLimit = 65_536
    /// The longest stretch without a boundary, in bytes.
    public static let recordLimit = 1 << 20

    private let source: ByteSource
    private let boundary: Boundary
    private let target: Int
    private var pending: [UInt8] = []
    private var nextLine = 1
    private var atEnd = false
    private let keepsRests: Bool
    private var isInLongLine = false

    /// What is dropped of a too long line, until its line feed comes.
    private var isDropping = false

    /// - Parameter target: blocks are about this long, in bytes.
    /// - Parameter keepsRests: whether what is cut from too long lines is passed on (``LineChunk/isRest``).
    public init(
        _ source: ByteSource, boundary: Boundary = .anyLine, target: Int = 16_384, keepsRests: Bool = false
    ) {
        self.source = source
        self.keepsRests = keepsRests
        self.boundary = boundary
        self.target = max(target, 1)
    }

    /// The next block, or `nil` at the end.
    public mutating func next() throws(ToolError) -> LineChunk? { try next(.awaited).value }

    /// The next block. Of a live source the lines that are whole come as soon as no more is at hand.
    public mutating func next(_ demand: InputDemand) throws(ToolError) -> Arrival<LineChunk> {
        while true {
            if isInLongLine, !pending.isEmpty { return .value(takeRest()) }
            if pending.count >= target, !isDropping, let end = lastBoundary() { return .value(take(end)) }
            if atEnd { return pending.isEmpty ? .end : .value(take(pending.count)) }
            if pending.count > longestAllowed, !isDropping, lastBoundary() == nil {
                if keepsRests { return .value(takeBeginning()) }
                // No boundary within the limit: the beginning is kept as proof of the length.
                pending.removeLast(pending.count - longestAllowed - 1)
                isDropping = true
            }
            if !source.isAtHand {
                if demand != .full, !isDropping, let end = lastBoundary() { return .value(take(end)) }
                if demand != .awaited { return .nothingYet }
            }
            if isDropping { try drop() } else { try readMore() }
        }
    }

    private mutating func readMore() throws(ToolError) {
        if try source.read(into: &pending, limit: target) == 0 { atEnd = true }
    }

    /// Reads on in a too long line; what follows its line feed is kept again.
    private mutating func drop() throws(ToolError) {
        var rest: [UInt8] = []
        if try source.read(into: &rest, limit: 65_536) == 0 {
            atEnd = true
            isDropping = false
        } else if let feed = ByteSearch.firstLineFeed(in: rest, from: 0) {
            pending += rest[feed...]
            isDropping = false
        }
    }

    private var longestAllowed: Int {
        boundary == .anyLine ? Self.lineLimit : Self.recordLimit
    }

    /// The end of the last line, or of the last PEM text, that is whole.
    private func lastBoundary() -> Int? {
        var position = pending.count
        while let feed = pending[..<position].lastIndex(of: 0x0a) {
            if boundary == .anyLine || isEndLine(before: feed) { return feed + 1 }
            position = feed
        }
        return nil
    }

    /// Whether the line that ends at the line feed `feed` starts with `-----END `.
    private func isEndLine(before feed: Int) -> Bool {
        let start = pending[..<feed].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        return pending[start..<feed].starts(with: Array("-----END ".utf8))
    }

    /// As much of a too long line as is kept of it where its rest is dropped.
    private mutating func takeBeginning() -> LineChunk {
        let bytes = Array(pending.prefix(longestAllowed + 1))
        pending.removeFirst(bytes.count)
        isInLongLine = true
        return LineChunk(bytes: bytes, firstLine: nextLine, lineCount: 0)
    }

    /// What follows of a too long line, up to its line feed.
    private mutating func takeRest() -> LineChunk {
        let feed = pending.firstIndex(of: 0x0a)
        let bytes = Array(pending[..<(feed.map { $0 + 1 } ?? pending.count)])
        pending.removeFirst(bytes.count)
        defer { if feed != nil { nextLine += 1 } }
        isInLongLine = feed == nil
        return LineChunk(bytes: bytes, firstLine: nextLine, lineCount: feed == nil ? 0 : 1, isRest: true)
    }

    private mutating func take(_ end: Int) -> LineChunk {
        let bytes: [UInt8]
        if end == pending.count {
            bytes = pending
            pending = []
        } else {
            bytes = Array(pending[..<end])
            pending.removeFirst(end)
        }
        var lines = 0
        var position = 0
        while let feed = ByteSearch.firstLineFeed(in: bytes, from: position) {
            lines += 1
            position = feed + 1
        }
        if bytes.last != 0x0a { lines += 1 }
        defer { nextLine += lines }
        return LineChunk(bytes: bytes, firstLine: nextLine, lineCount: lines)
    }
}
