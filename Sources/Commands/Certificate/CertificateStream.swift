import Batches
import Diagnostics
import InputOutput
import Intake
import PKIX

/// A piece of a file with the certificates that were found in it, not decoded yet.
struct CertificateChunk: Sendable {
    enum Item: Sendable {
        /// A block that should hold a certificate.
        case block(PEMBlock)
        /// All of the piece is a certificate in DER.
        case der
        case malformed(line: Int, CheckFailure)
        /// The source could not be read.
        case unreadable(ToolError)
    }

    let source: SourceName
    var bytes: [UInt8] = []
    let items: [Item]
}

/// Files of certificates as a stream of pieces; memory does not grow with their number.
struct CertificateStream: QueuedSource {
    private static let blockSize = 65_536

    static let expected = Expectation(.pem, "a certificate", takesBinary: true, form: .free)

    var inputs: InputQueue
    private var current: Open?

    private struct Open {
        let reader: SourceReader
        /// Whether it is known to be text.
        var isText = false
        var bytes: [UInt8] = []
        /// The line on which the buffer begins.
        var firstLine = 1
        /// Up to where the text between blocks was looked at.
        var seen = 0
        var scanner = PEMScanner(limit: CertificateBlocks.limit)
        var atEnd = false
        /// Whether anything was reported, or why nothing could be.
        var found = false
        var isEmpty = true
        var otherLabel: String?
        /// Whether what was looked at ends within a damaged block.
        var isInDamage = false
        /// Blocks that are no certificates.
        var others = 0
    }

    /// - Parameter paths: files, folders, or `-`.
    init(_ paths: [String], filesFrom: String? = nil) {
        inputs = InputQueue(paths.map { .file($0) }, filesFrom: filesFrom, for: Self.expected)
    }

    /// The next piece.
    mutating func next(_ demand: InputDemand) -> Arrival<CertificateChunk> {
        while true {
            // Taken out so that its buffer is not copied when it changes.
            var open = current
            current = nil
            var name = open?.reader.name ?? ""
            do throws(ToolError) {
                if open == nil {
                    switch inputs.next(demand) {
                    case .nothingYet: return .nothingYet
                    case .end: return .end
                    case .value(.text(let path, _)), .value(.file(let path)):
                        name = path
                        open = Open(reader: try SourceReader(path, for: Self.expected, meter: inputs.meter))
                    case .value(.unreadable(let path, let error)):
                        return .value(CertificateChunk(source: SourceName(path), items: [.unreadable(error)]))
                    }
                }
                guard var open else { return .end }
                let arrival = try advance(&open, demand)
                if case .end = arrival { continue }
                return arrival
            } catch {
                return .value(CertificateChunk(source: SourceName(name), items: [.unreadable(error)]))
            }
        }
    }

    /// Leaves `current` empty at the end of the source.
    private mutating func advance(
        _ open: inout Open, _ demand: InputDemand
    ) throws(ToolError) -> Arrival<CertificateChunk> {
        let source = open.reader.source
        if !open.isText {
            guard let head = try open.reader.look(demand).value else {
                current = open
                return .nothingYet
            }
            if head.isBinary, CertificateBlocks.isDER(head.bytes) {
                // Longer than any certificate is enough to see that it is none.
                let whole = try source.peek(CertificateBlocks.limit, demand) { _ in false }
                guard let whole = whole.value else {
                    current = open
                    return .nothingYet
                }
                return .value(CertificateChunk(source: SourceName(source.name), bytes: whole, items: [.der]))
            }
            open.isText = true
        }
        var items: [CertificateChunk.Item] = []
        while true {
            if !open.bytes.isEmpty { open.isEmpty = false }
            let (rest, isEnd) = scan(&open, &items)
            if isEnd {
                if items.isEmpty, !open.found {
                    let failure = CertificateBlocks.nothing(
                        "a certificate", other: open.otherLabel, isEmpty: open.isEmpty)
                    items.append(.malformed(line: 1, failure))
                } else {
                    // Without a certificate the blocks are not passed over: the result names them.
                    inputs.passedOver.add(blocks: open.others)
                }
                return items.isEmpty
                    ? .end
                    : .value(
                        CertificateChunk(source: SourceName(source.name), bytes: open.bytes, items: items))
            }
            let bytes = open.bytes
            open.bytes = Array(bytes[rest...])
            open.seen = max(0, open.seen - rest)
            open.firstLine += bytes[..<rest].count { $0 == 0x0a }
            open.scanner.discard(rest)
            if !items.isEmpty {
                open.found = true
                current = open
                return .value(CertificateChunk(source: SourceName(source.name), bytes: bytes, items: items))
            }
            if demand != .awaited, !source.isAtHand {
                current = open
                return .nothingYet
            }
            open.atEnd = try source.read(into: &open.bytes, limit: Self.blockSize) == 0
        }
    }

    /// Collects what the buffer holds; says from where on it is still needed, and whether the source ends.
    private mutating func scan(
        _ open: inout Open, _ items: inout [CertificateChunk.Item]
    ) -> (rest: Int, isEnd: Bool) {
        while true {
            switch open.scanner.next(in: open.bytes, isLast: open.atEnd) {
            case .block(let block):
                look(&open, upTo: block.whole.lowerBound, &items)
                open.isInDamage = false
                open.seen = block.whole.upperBound
                if CertificateBlocks.certificate.contains(block.label) {
                    items.append(.block(block))
                } else if block.label == CertificateBlocks.trusted {
                    items.append(.malformed(line: block.line, CertificateBlocks.trustedFailure))
                } else {
                    open.others += 1
                    open.otherLabel = open.otherLabel ?? block.label
                }
            case .malformed(let error, let range):
                look(&open, upTo: range.lowerBound, &items)
                open.seen = max(open.seen, range.upperBound)
                // The END line of a block that was told as damaged.
                if open.isInDamage, PEMDamage.isArmour(open.bytes[range]) {
                    open.isInDamage = false
                    continue
                }
                items.append(.malformed(line: error.line, CheckFailure(.pem, error.reason)))
            case .more(let rest):
                let rest = min(max(rest, 0), open.bytes.count)
                look(&open, upTo: rest, &items)
                return (rest, false)
            case .end:
                look(&open, upTo: open.bytes.count, &items)
                return (open.bytes.count, true)
            }
        }
    }

    /// Looks at the text before a block, for what must not be passed over.
    private func look(_ open: inout Open, upTo end: Int, _ items: inout [CertificateChunk.Item]) {
        guard open.seen < end else { return }
        let text = TextBetweenBlocks(
            open.bytes, open.seen..<end, beginsInDamage: open.isInDamage)
        open.isInDamage = text.endsInDamage
        inputs.passedOver.add(lines: text.comments)
        for damage in text.damaged {
            let line = open.firstLine + open.bytes[..<damage.offset].count { $0 == 0x0a }
            items.append(.malformed(line: line, CheckFailure(.pem, damage.reason)))
        }
        open.seen = end
    }
}
