import Diagnostics
import InputOutput
import Intake
import OpenSSL
import PKIX

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
    /// Whether the rest of a line that is too long is being read.
    private var isDropping = false

    init(_ source: ByteSource, target: Int) {
        self.source = source
        self.target = target
    }

    /// The next piece. Of a live source the blocks and lines that are whole come as soon as no more is at hand.
    mutating func next(_ demand: InputDemand) throws(ToolError) -> Arrival<LineChunk> {
        while true {
            if pending.count >= target, let end = boundary() { return .value(take(end)) }
            if atEnd { return pending.isEmpty ? .end : .value(take(pending.count)) }
            if pending.count > Self.limit, !isDropping {
                if pending.contains(0x0a) { return .value(take(pending.count)) }
                // A line that is longer than any: its beginning is kept as proof of its length.
                pending.removeLast(pending.count - LineChunkReader.lineLimit - 1)
                isDropping = true
            }
            if isDropping {
                if demand != .awaited, !source.isAtHand { return .nothingYet }
                try drop()
                continue
            }
            if !source.isAtHand {
                if demand != .full, let end = boundary() { return .value(take(end)) }
                if demand != .awaited { return .nothingYet }
            }
            if try source.read(into: &pending, limit: target) == 0 { atEnd = true }
        }
    }

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)

    /// Where a piece may end, as far as was looked: after the last line that is outside of a block, or before the block
    /// that is open. A block that another one or an input interrupts is damaged, and need not be held together.
    private var safe = 0
    /// Up to where was looked, from line to line.
    private var seen = 0
    private var isInBlock = false
    /// Characters that a block without armour still has to have; 0 outside of one.
    private var bareRest = 0

    /// Where a line begins that is a BEGIN line but for its dashes or blanks: it goes with the block after it.
    private var armour: Int?
    /// Where a block without armour ended.
    private var bareEnd: Int?
    private var endedWithBare = false
    /// Whether the piece that was taken last stands after a block without armour, whose END line may be its first.
    private(set) var followsBare = false

    /// Looks on for a place to cut; nil if there is none yet.
    private mutating func boundary() -> Int? {
        while let feed = ByteSearch.firstLineFeed(in: pending, from: seen) {
            let line = pending[seen..<feed]
            if continuesBare(line, to: feed + 1) {
                // It is held together.
            } else if !isInBlock, !line.starts(with: Self.begin), PEMDamage.isBegin(line) {
                safe = seen
                armour = seen
                seen = feed + 1
                continue
            } else if line.starts(with: Self.begin) {
                safe = seen
                isInBlock = true
            } else if !isInBlock || line.starts(with: Self.end) || PEMInterruption.isInput(line) {
                safe = feed + 1
                isInBlock = false
            }
            armour = nil
            seen = feed + 1
        }
        return safe > 0 ? safe : nil
    }

    /// Whether a line belongs to a block without armour, which it may begin.
    private mutating func continuesBare(_ line: ArraySlice<UInt8>, to end: Int) -> Bool {
        guard !isInBlock else { return false }
        if bareRest == 0 {
            guard let length = BareBlock.length(beginningWith: line) else { return false }
            safe = armour ?? seen
            bareRest = length
        }
        let text = line.trimmed
        guard BareBlock.isBase64(text) else {
            bareRest = 0
            return false
        }
        bareRest = max(bareRest - text.count, 0)
        if bareRest == 0 {
            safe = end
            bareEnd = end
        }
        return true
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

    private mutating func take(_ end: Int) -> LineChunk {
        let bytes: [UInt8]
        if end > safe {
            isInBlock = false
            bareRest = 0
        }
        followsBare = endedWithBare
        endedWithBare = bareEnd == end
        bareEnd = nil
        armour = armour.flatMap { $0 < end ? nil : $0 - end }
        seen = max(seen - end, 0)
        safe = 0
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
