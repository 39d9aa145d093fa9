import Batches
import CertificateAuthority
import Diagnostics
import InputOutput
import JSON
import Ledger
import PKIX
import Store

/// `ca revoke` at work: serial numbers are revoked a thousand at a time and reported when that is on disk.
struct RevocationRun {
    private static let groupSize = 1_000

    private let ledger: SQLiteStore
    private let authority: [UInt8]
    private let reason: RevocationReason
    private let json: Bool
    private let console: Console
    private let now: Int64
    private let sink = StandardStream.output()
    private var pending: [RevocationTarget] = []
    private(set) var tally = Tally()
    private var existing = 0
    /// What was revoked with others, because it has their compromised key.
    private var also = 0

    init(
        ledger: SQLiteStore, authority: [UInt8], reason: RevocationReason, json: Bool, console: Console,
        now: Int64
    ) {
        self.ledger = ledger
        self.authority = authority
        self.reason = reason
        self.json = json
        self.console = console
        self.now = now
    }

    mutating func take(_ target: RevocationTarget) throws(ToolError) {
        pending.append(target)
        if pending.count >= Self.groupSize { try flush() }
    }

    mutating func flush() throws(ToolError) {
        guard !pending.isEmpty else { return }
        let serials = pending.compactMap { $0.problem == nil ? $0.serial?.magnitude : nil }
        let revocations = try ledger.revoke(
            serials, issuedBy: authority, reason: reason, at: now)
        // What was named itself has a result of its own.
        let named = Set(serials)
        var next = revocations.makeIterator()
        var writer = JSONWriter()
        var lines: [UInt8] = []
        for target in pending {
            let outcome: RevocationOutcome
            var others: [IssuanceRecord] = []
            if let problem = target.problem {
                outcome = .rejected(problem.failure)
            } else if let found = next.next() {
                outcome = found.outcome
                others = found.others.filter { !named.contains($0.serial) }
            } else {
                throw ToolError(.internalFault, "the ledger gave no outcome for a serial number")
            }
            let report = RevocationReport(
                location: target.location, serial: target.serial, outcome: outcome, others: others,
                problem: target.problem)
            report.count(in: &tally)
            also += others.count
            if case .existing = outcome { existing += 1 }
            if json {
                report.write(json: &writer)
            } else {
                lines += report.line
                if let error = report.error { console.error(error) }
            }
        }
        pending.removeAll(keepingCapacity: true)
        try sink.write(writer.bytes + lines)
    }

    var summary: String {
        let text = tally.summary(unit: "certificate", good: "revoked", existing: existing)
        return also == 0 ? text : text + "; with the same key: \(also) more"
    }
}
