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
    private var scan = Scan()

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
    private mutating func boundary() -> Int? {
        scan.read(pending)
        let last = scan.firstBegin ?? scan.position
        if last > 0 { return last }
        return scan.lastBegin > 0 ? scan.lastBegin : nil
    }

    /// What is known of the whole lines of `pending`: each is looked at once, however long a block is that does not end.
    private struct Scan {
        /// Where the first line stands that was not looked at.
        var position = 0
        /// Where the first block begins after the last that ended.
        var firstBegin: Int?
        /// Where the last block begins; 0 where none does, or the first line.
        var lastBegin = 0

        mutating func read(_ bytes: [UInt8]) {
            while let feed = ByteSearch.firstLineFeed(in: bytes, from: position) {
                let line = bytes[position..<feed]
                if line.starts(with: PEMChunkReader.begin) {
                    firstBegin = firstBegin ?? position
                    lastBegin = position
                } else if line.starts(with: PEMChunkReader.end) {
                    firstBegin = nil
                }
                position = feed + 1
            }
        }
    }

    private mutating func take(_ end: Int) -> LineChunk {
        let bytes: [UInt8]
        scan = Scan()
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
