import Diagnostics
import InputOutput
import OpenSSL

/// Splits a file with PEM blocks into pieces that end outside of blocks; memory does not depend on its
/// length.
///
/// Text between the blocks may be of any length, because it may hold modem lines: only a block, or a line,
/// that is longer than any request is cut, and reported by whoever reads the pieces.
struct PEMChunkReader {
    /// The longest stretch without a place to cut, in bytes.
    private static let limit = 1 << 20

    private let source: ByteSource
    private let target: Int
    private var pending: [UInt8] = []
    private var nextLine = 1
    private var atEnd = false

    init(_ source: ByteSource, target: Int) {
        self.source = source
        self.target = target
    }

    /// The next piece. Of a live source the blocks and lines that are whole come as soon as no more is at hand.
    mutating func next(_ demand: InputDemand) throws(ToolError) -> Arrival<LineChunk> {
        while true {
            if pending.count >= target, let end = boundary() { return .value(take(end)) }
            if atEnd { return pending.isEmpty ? .end : .value(take(pending.count)) }
            if pending.count > Self.limit { return .value(take(pending.count)) }
            if !source.isAtHand {
                if demand != .full, let end = boundary() { return .value(take(end)) }
                if demand != .awaited { return .nothingYet }
            }
            if try source.read(into: &pending, limit: target) == 0 { atEnd = true }
        }
    }

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)

    /// After the last line that is outside of a block; where there is none but a block begins, before that block. A block
    /// that others interrupt is damaged: what comes before the last of them need not be held together.
    private func boundary() -> Int? {
        var start = 0
        var position = pending.count
        while let feed = pending[..<position].lastIndex(of: 0x0a) {
            let line = pending[..<feed].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
            if pending[line..<feed].starts(with: Self.end) {
                start = feed + 1
                break
            }
            position = feed
        }
        var last = start
        while let feed = ByteSearch.firstLineFeed(in: pending, from: last) {
            if pending[last..<feed].starts(with: Self.begin) { break }
            last = feed + 1
        }
        if last > 0 { return last }
        position = pending.count
        while let feed = pending[..<position].lastIndex(of: 0x0a) {
            let line = pending[..<feed].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
            if line > 0, pending[line..<feed].starts(with: Self.begin) { return line }
            position = feed
        }
        return nil
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
