import Diagnostics
import Ledger
import SQLite

/// Compares the audit chain with the tables: what an entry says happened has to be there, and nothing else.
struct RowCheck {
    private var issuances: IssuanceCheck
    private var devices: DeviceCheck
    private var nonces: NonceCheck
    private var lists: RevocationListCheck
    /// In a ledger that came out of a store, entries up to this one speak of devices that stayed there.
    private let origin: Int64

    /// - Parameter includesContents: whether the rows are held against what stands in the certificates.
    init(_ store: SQLiteStore, includesContents: Bool) throws(SQLiteError) {
        issuances = IssuanceCheck(store, includesContents: includesContents)
        devices = try DeviceCheck(store)
        nonces = try NonceCheck(store)
        lists = RevocationListCheck(store)
        origin = store.identity?.kind == .ledger ? store.identity?.origin ?? 0 : 0
    }

    /// Compares one entry with its rows; entries that contradict them are named.
    ///
    /// - Parameter isWhole: whether the entry is as it was written.
    mutating func check(_ event: AuditEvent, isWhole: Bool) throws(SQLiteError) -> [LedgerFinding] {
        let sequence = event.sequence
        let text: String
        switch event.body {
        case .text(let found): text = found
        case .certificate(let row, _, _):
            return [issuances.certificate(row, sequence, isWhole: isWhole)].compactMap { $0 }
        case .lost:
            return [
                LedgerFinding(
                    .digest, "the row of the certificate of entry \(sequence) is missing from the ledger",
                    sequence: sequence)
            ]
        }
        let body: EventBody
        do {
            body = try EventBody(text)
        } catch {
            return [
                LedgerFinding(
                    .digest, "entry \(sequence) is not an event: \(error.message)", sequence: sequence)
            ]
        }
        if body.isOfRegistry, sequence <= origin { return [] }
        var finding: LedgerFinding?
        switch body {
        case .issue(let issue): finding = try issuances.issue(issue, event)
        case .revoke(let authority, let serial, let reason):
            finding = try issuances.revocation(authority, serial, reason, event)
        case .reissue(let serial, let replaced):
            finding = try issuances.reissue(serial, replaced, sequence)
        case .pin(let last, let digest): finding = try issuances.pin(upTo: last, digest, sequence)
        case .trust(let device, let keyID, let isTrusted):
            finding = devices.trust(device, keyID, isTrusted, sequence)
        case .revocationList(let authority, let number, let digest, let row):
            finding = try lists.check(authority, number, digest, row, sequence)
        case .device(let entry): return try devices.check(entry, sequence)
        case .remove(let device): return try devices.remove(device, sequence)
        case .nonces(let count, let digest): return try nonces.check(count: count, digest, sequence)
        case .clock: return []
        }
        return [finding].compactMap { $0 }
    }

    /// Rows that no entry vouches for.
    mutating func finish(_ verdict: inout LedgerVerdict) throws(SQLiteError) {
        try issuances.finish(&verdict)
        try devices.finish(&verdict)
        try lists.finish(&verdict)
        try nonces.finish(&verdict)
    }
}
