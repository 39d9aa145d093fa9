import Diagnostics
import InputOutput
import OpenSSL

/// Splits a file with PEM blocks into pieces that end outside of blocks; memory does not depend on its
/// length.
///
/// Text between the blocks may be of any length, because it may hold modem lines: only a block, or a line,
/// that is longer than any request is cut, and reported by whoever reads the pieces.
struct PEMChunkReader {
    /// The longest stretch without a place to cut, in bytes: a request may have 64 KiB, which is 88 KiB of base64.
    private static let limit = 131_072

    private let source: ByteSource
    private let target: Int
    private var pending: [UInt8]
    private var nextLine = 1
    private var atEnd = false

    init(_ source: ByteSource, target: Int, head: [UInt8]) {
        self.source = source
        self.target = target
        pending = head
    }

    /// The next piece, or `nil` at the end.
    mutating func next() throws(ToolError) -> LineChunk? {
        while true {
            if pending.count >= target, let end = boundary() { return take(end) }
            if atEnd { return pending.isEmpty ? nil : take(pending.count) }
            if pending.count > Self.limit { return take(pending.count) }
            if try source.read(into: &pending, limit: target) == 0 { atEnd = true }
        }
    }

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)

    /// After the last END line, or in front of the last BEGIN line, whichever comes later: a block that another one
    /// interrupts is damaged in either piece. Where there are none, after the last line outside of a block.
    private func boundary() -> Int? {
        var position = pending.count
        while let feed = pending[..<position].lastIndex(of: 0x0a) {
            let start = pending[..<feed].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
            if pending[start..<feed].starts(with: Self.end) { return feed + 1 }
            if start > 0, pending[start..<feed].starts(with: Self.begin) { return start }
            position = feed
        }
        var start = 0
        var last: Int?
        while let feed = pending[start...].firstIndex(of: 0x0a) {
            if pending[start..<feed].starts(with: Self.begin) { return last }
            last = feed + 1
            start = feed + 1
        }
        return last
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
        let feeds = Octets.count(of: 0x0a, in: bytes)
        defer { nextLine += feeds }
        return LineChunk(bytes: bytes, firstLine: nextLine, lineCount: feeds + (bytes.last == 0x0a ? 0 : 1))
    }
}
