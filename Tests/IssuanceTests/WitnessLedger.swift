import Diagnostics
import Synchronization

import Ledger

/// A ledger in memory that watches what is asked of it: no certificate without a noted intent, none twice.
final class WitnessLedger: IssuanceLedger, @unchecked Sendable {
    // Used by the thread that runs an issuance, and by its test before and after.
    private var noted: [Int64: IssuanceIntent] = [:]
    private var rowOfRequest: [[UInt8]: Int64] = [:]
    private(set) var entered: [Int64: [UInt8]] = [:]
    /// What the ledger did not expect.
    private(set) var complaints: [String] = []
    private(set) var exchanges = 0
    /// The exchange at which the disk is full; none by default.
    var failsAtExchange: Int?
    /// The keys that the ledger turns down.
    var rejectedKeys: Set<[UInt8]> = []
    private var lastRow: Int64 = 0
    private var lastRowBefore: Int64 = 0

    var serials: [[UInt8]] { noted.values.map(\.serial) }
    var unfinished: Int { noted.count - entered.count }

    func exchange(
        _ signed: [SignedIntent], _ intents: [IssuanceIntent], reissue: Bool, at time: Int64
    ) throws(ToolError) -> (taken: [Int: TakenEntry], outcomes: [IntentOutcome]) {
        exchanges += 1
        if exchanges == failsAtExchange { throw ToolError(.io, "no space left on device") }
        var taken: [Int: TakenEntry] = [:]
        for (place, entry) in signed.enumerated() {
            guard let intent = noted[entry.id] else {
                complaints.append("a certificate whose intent nobody noted")
                continue
            }
            if let first = entered[entry.id] {
                // Two groups of a run may sign for one row, or two processes: the first counts.
                taken[place] = .certificate(first)
                continue
            }
            if intent.serial != entry.intent.serial { complaints.append("another certificate than intended") }
            entered[entry.id] = entry.certificate
        }
        lastRowBefore = lastRow
        return (taken, intents.map { note($0, at: time) })
    }

    private func note(_ intent: IssuanceIntent, at time: Int64) -> IntentOutcome {
        if rejectedKeys.contains(intent.keyID) { return .rejected(.init(.keyReused, "turned down")) }
        if let row = rowOfRequest[intent.request], let earlier = noted[row] {
            if let certificate = entered[row] { return .existing(record(row, earlier, certificate, time)) }
            if row > lastRowBefore { return .sameAs(id: row) }
            return .sign(.init(id: row, intent: earlier, isOwn: false, intendedAt: time))
        }
        lastRow += 1
        noted[lastRow] = intent
        rowOfRequest[intent.request] = lastRow
        return .sign(.init(id: lastRow, intent: intent, isOwn: true, intendedAt: time))
    }

    private func record(
        _ row: Int64, _ intent: IssuanceIntent, _ certificate: [UInt8], _ time: Int64
    ) -> IssuanceRecord {
        IssuanceRecord(
            id: row, authority: intent.authority, profile: intent.profile, request: intent.request,
            serial: intent.serial, keyID: intent.keyID, device: intent.device, subject: intent.subject,
            notBefore: intent.notBefore, notAfter: intent.notAfter, tbsDigest: intent.tbsDigest,
            attestation: intent.attestation, intendedAt: time, issuedAt: time, certificate: certificate,
            replaces: nil, isCurrent: true, revokedAt: nil, reason: nil)
    }

    func settle() {}
}
