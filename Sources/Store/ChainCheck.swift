import DeviceIdentity
import Diagnostics
import Ledger
import OpenSSL

/// Follows the audit chain from entry to entry and names what was changed, removed or moved.
struct ChainCheck {
    /// An entry whose hash does not follow from the entry before it.
    private struct Broken {
        let event: AuditEvent
        let previous: [UInt8]
    }

    /// More than these are not compared with each other: the messages get less exact, none is lost.
    private static let comparisonLimit = 32

    private(set) var head = LedgerPosition.origin
    private var broken: [Broken] = []
    private(set) var findings: [LedgerFinding] = []

    /// Takes the next entry in the order of the numbers; whether it is as it was written, as far as can be known.
    mutating func take(_ event: AuditEvent) -> Bool {
        let expected = head.sequence == .max ? .max : head.sequence + 1
        defer { head = LedgerPosition(sequence: event.sequence, hash: event.hash) }
        if event.sequence != expected {
            findings.append(Self.gap(from: expected, to: event.sequence))
            // Behind a gap the hash cannot be followed; the gap is named instead.
        } else if event.octets != nil, !Self.follows(event, head.hash) {
            // A lost body is named when it is looked for.
            broken.append(Broken(event: event, previous: head.hash))
            if broken.count > Self.comparisonLimit { resolve() }
            return false
        }
        return true
    }

    /// All findings so far; empties the list.
    mutating func drain() -> [LedgerFinding] {
        resolve()
        defer { findings = [] }
        return findings.sorted { ($0.sequence ?? 0) < ($1.sequence ?? 0) }
    }

    private static func gap(from first: Int64, to next: Int64) -> LedgerFinding {
        if next < first {
            return LedgerFinding(.digest, "entry \(next) has an impossible number", sequence: next)
        }
        let last = next - 1
        let text = first == last ? "entry \(first) is missing" : "entries \(first)…\(last) are missing"
        return LedgerFinding(.digest, text + " from the audit chain", sequence: first)
    }

    private static func change(of event: AuditEvent) -> LedgerFinding {
        let number = event.sequence
        let end = "or the one before it was changed: the hash does not follow"
        guard case .certificate(_, let serial, _) = event.body else {
            return LedgerFinding(.digest, "entry \(number) \(end)", sequence: number)
        }
        return LedgerFinding(
            .digest,
            "the certificate \(Hex.encode(serial)) in the ledger is not the one of entry \(number), \(end)",
            sequence: number, serial: serial)
    }

    private static func follows(_ event: AuditEvent, _ previous: [UInt8], as sequence: Int64? = nil) -> Bool {
        guard let octets = event.octets else { return false }
        let expected = AuditEvent.hash(
            after: previous, sequence: sequence ?? event.sequence, at: event.at, body: octets)
        return expected == event.hash
    }

    /// An entry that was moved still carries the hash of its old place; one after a moved entry follows that one.
    private mutating func resolve() {
        let hashes = broken.flatMap { [$0.previous, $0.event.hash] }
        let places = broken.map(\.event.sequence)
        var innocent: [LedgerFinding] = []
        var found: [LedgerFinding] = []
        for entry in broken {
            let number = entry.event.sequence
            let origin = places.first { place in
                hashes.contains { Self.follows(entry.event, $0, as: place) }
            }
            if let origin, origin != number {
                found.append(
                    LedgerFinding(
                        .digest, "entry \(number) is what was entry \(origin): entries were reordered",
                        sequence: number))
            } else if origin == number {
                innocent.append(
                    LedgerFinding(
                        .digest, "entry \(number) does not follow the entry before it", sequence: number)
                )
            } else {
                found.append(Self.change(of: entry.event))
            }
        }
        // An entry that stands after moved ones is not to blame.
        findings += found.isEmpty ? innocent : found
        broken = []
    }
}
