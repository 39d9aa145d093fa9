import Diagnostics
import InputOutput
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

    let source: String
    var bytes: [UInt8] = []
    let items: [Item]
}

/// Files of certificates as a stream of pieces; memory does not grow with their number.
struct CertificateStream {
    private static let blockSize = 65_536

    private var remaining: ArraySlice<String>
    private var current: Open?
    /// PEM blocks that are no certificates and were passed over.
    private(set) var skipped = 0

    private struct Open {
        let source: ByteSource
        /// Whether it is known to be text.
        var isText = false
        var bytes: [UInt8] = []
        var scanner = PEMScanner(limit: CertificateBlocks.limit)
        var atEnd = false
        /// Whether anything was reported, or why nothing could be.
        var found = false
        var isEmpty = true
        var otherLabel: String?
    }

    /// - Parameter paths: files, or `-`.
    init(_ paths: [String]) { remaining = paths[...] }

    /// The next piece.
    mutating func next(_ demand: InputDemand) -> Arrival<CertificateChunk> {
        while true {
            // Taken out so that its buffer is not copied when it changes.
            var open = current
            current = nil
            var name = open?.source.name ?? ""
            do throws(ToolError) {
                if open == nil {
                    guard let path = remaining.popFirst() else { return .end }
                    name = path
                    open = Open(source: try ByteSource(path: path))
                }
                guard var open else { return .end }
                let arrival = try advance(&open, demand)
                if case .end = arrival { continue }
                return arrival
            } catch {
                return .value(CertificateChunk(source: name, items: [.unreadable(error)]))
            }
        }
    }

    /// Leaves `current` empty at the end of the source.
    private mutating func advance(
        _ open: inout Open, _ demand: InputDemand
    ) throws(ToolError) -> Arrival<CertificateChunk> {
        if !open.isText {
            guard let head = try open.source.peek(2, demand, isEnough: { _ in false }).value else {
                current = open
                return .nothingYet
            }
            if CertificateBlocks.isDER(head) {
                // Longer than any certificate is enough to see that it is none.
                let whole = try open.source.peek(CertificateBlocks.limit, demand) { _ in false }
                guard let whole = whole.value else {
                    current = open
                    return .nothingYet
                }
                return .value(CertificateChunk(source: open.source.name, bytes: whole, items: [.der]))
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
                }
                return items.isEmpty
                    ? .end
                    : .value(CertificateChunk(source: open.source.name, bytes: open.bytes, items: items))
            }
            let bytes = open.bytes
            open.bytes = Array(bytes[rest...])
            open.scanner.discard(rest)
            if !items.isEmpty {
                open.found = true
                let name = open.source.name
                current = open
                return .value(CertificateChunk(source: name, bytes: bytes, items: items))
            }
            if demand != .awaited, !open.source.isAtHand {
                current = open
                return .nothingYet
            }
            open.atEnd = try open.source.read(into: &open.bytes, limit: Self.blockSize) == 0
        }
    }

    /// Collects what the buffer holds; says from where on it is still needed, and whether the source ends.
    private mutating func scan(
        _ open: inout Open, _ items: inout [CertificateChunk.Item]
    ) -> (rest: Int, isEnd: Bool) {
        while true {
            switch open.scanner.next(in: open.bytes, isLast: open.atEnd) {
            case .block(let block):
                if CertificateBlocks.certificate.contains(block.label) {
                    items.append(.block(block))
                } else {
                    skipped += 1
                    open.otherLabel = open.otherLabel ?? block.label
                }
            case .malformed(let error, _):
                items.append(.malformed(line: error.line, CheckFailure(.pem, error.reason)))
            case .more(let rest): return (min(max(rest, 0), open.bytes.count), false)
            case .end: return (open.bytes.count, true)
            }
        }
    }
}
