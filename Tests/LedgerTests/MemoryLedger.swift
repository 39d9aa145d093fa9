import DeviceIdentity
import Diagnostics
import Ledger
import OpenSSL
import PKIX

/// A ledger whose tables are arrays, searched from end to end: it has the rules of ``Ledger`` and nothing else, so that
/// an engine which finds rows in cleverer ways can be held against it.
final class MemoryLedger: IssuanceLedger {
    struct Row {
        var record: IssuanceRecord
        var replacedBy: Int64 = 0
    }

    private(set) var rows: [Row] = []
    private var reissueFloor: Int64?

    func exchange(
        _ signed: [SignedIntent], _ intents: [IssuanceIntent], reissue: Bool, at time: Int64
    ) throws(ToolError) -> (taken: [Int: TakenEntry], outcomes: [IntentOutcome]) {
        var taken: [Int: TakenEntry] = [:]
        let last = Int64(rows.count)
        if reissue, reissueFloor == nil { reissueFloor = last }
        for (place, entry) in signed.enumerated() {
            let row = rows[Int(entry.id) - 1].record
            if let certificate = row.certificate {
                taken[place] = .certificate(certificate)
            } else if row.reason != nil {
                taken[place] = .refused(LedgerRules.compromised)
            } else {
                rows[Int(entry.id) - 1].record = row.with(issuedAt: time, certificate: entry.certificate)
            }
        }
        let rules = LedgerRules(
            reissue: reissue, lastRowBefore: last, reissueFloor: (reissue ? reissueFloor : nil) ?? last)
        return (taken, intents.map { note($0, rules, time) })
    }

    private func note(_ intent: IssuanceIntent, _ rules: LedgerRules, _ time: Int64) -> IntentOutcome {
        switch rules.decide(intent, in: self) {
        case .rejected(let failure): return .rejected(failure)
        case .existing(let record): return .existing(record)
        case .sameAs(let id): return .sameAs(id: id)
        case .complete(let row):
            return .sign(
                .init(
                    id: row.id, intent: IssuanceIntent(unfinished: row), isOwn: false,
                    intendedAt: row.intendedAt))
        case .sign(let replaced):
            let id = Int64(rows.count) + 1
            if let replaced {
                rows[Int(replaced) - 1].replacedBy = id
                let record = rows[Int(replaced) - 1].record
                rows[Int(replaced) - 1].record = record.with(isCurrent: false)
            }
            rows.append(Row(record: IssuanceRecord(intent, id: id, replaces: replaced, at: time)))
            return .sign(.init(id: id, intent: intent, isOwn: true, intendedAt: time))
        }
    }

    func settle() {}

    func revoke(
        _ serial: [UInt8], issuedBy authority: [UInt8]?, reason: RevocationReason, at time: Int64
    ) -> String {
        let row = rows.first { $0.record.serial == serial }?.record
        switch LedgerRules.revocation(of: serial, row, by: authority, for: reason) {
        case .rejected(let failure): return "rejected \(failure.code.rawValue)"
        case .existing(let row):
            takeTwins(row, reason, time)
            return "existing \(row.id)"
        case .revoke(let row):
            enter(row.id, reason, time)
            takeTwins(row, reason, time)
            return "revoked \(row.id)"
        }
    }

    private func takeTwins(_ row: IssuanceRecord, _ reason: RevocationReason, _ time: Int64) {
        guard reason == .keyCompromise else { return }
        for twin in LedgerRules.twins(of: row, among: rows.map(\.record).filter({ $0.keyID == row.keyID })) {
            enter(twin.id, .keyCompromise, time)
        }
    }

    private func enter(_ id: Int64, _ reason: RevocationReason, _ time: Int64) {
        let record = rows[Int(id) - 1].record
        rows[Int(id) - 1].record = record.with(
            revokedAt: record.revokedAt ?? time, reason: Int64(reason.rawValue))
    }
}

extension MemoryLedger: LedgerTables {
    typealias Failure = Never

    /// It never knows at once, so that the rules have to look.
    func mayKnow(_ intent: IssuanceIntent) -> Bool { true }

    func rows(ofKey keyID: [UInt8]) -> [LedgerRow] { rows.filter { $0.record.keyID == keyID }.map(\.asked) }

    func attestedRows(named name: SubjectKeys.Key) -> [LedgerRow] {
        rows.filter { $0.record.attestation != nil && SubjectKeys($0.record.subject).contains(name) }
            .map(\.asked)
    }

    func attestedRows(of device: DeviceUUID) -> [LedgerRow] {
        rows.filter { $0.record.attestation != nil && $0.record.device == device }.map(\.asked)
    }

    func currentRow(
        of device: DeviceUUID, authority: [UInt8], profile: String, isAttested: Bool
    ) -> LedgerRow? {
        rows.first {
            let record = $0.record
            return record.device == device && record.authority == authority && record.profile == profile
                && $0.replacedBy == 0 && (!isAttested || record.attestation != nil)
        }?.asked
    }

    func record(_ row: Int64) -> IssuanceRecord? {
        rows.indices.contains(Int(row) - 1) ? rows[Int(row) - 1].record : nil
    }

    func isPlanned(_ row: Int64) -> Bool { false }
}

extension MemoryLedger.Row {
    fileprivate var asked: LedgerRow {
        LedgerRow(
            id: record.id, authority: record.authority, profile: record.profile, request: record.request,
            serial: record.serial, keyID: record.keyID, device: record.device, subject: record.subject,
            isAttested: record.attestation != nil, isCurrent: replacedBy == 0, reason: record.reason)
    }
}

extension IssuanceRecord {
    fileprivate init(_ intent: IssuanceIntent, id: Int64, replaces: Int64?, at time: Int64) {
        self.init(
            id: id, authority: intent.authority, profile: intent.profile, request: intent.request,
            serial: intent.serial, keyID: intent.keyID, device: intent.device, subject: intent.subject,
            notBefore: intent.notBefore, notAfter: intent.notAfter, tbsDigest: intent.tbsDigest,
            attestation: intent.attestation, intendedAt: time, issuedAt: nil, certificate: nil,
            replaces: replaces, isCurrent: true, revokedAt: nil, reason: nil)
    }

    fileprivate func with(
        issuedAt: Int64? = nil, certificate: [UInt8]? = nil, isCurrent: Bool? = nil, revokedAt: Int64? = nil,
        reason: Int64? = nil
    ) -> IssuanceRecord {
        IssuanceRecord(
            id: id, authority: authority, profile: profile, request: request, serial: serial, keyID: keyID,
            device: device, subject: subject, notBefore: notBefore, notAfter: notAfter, tbsDigest: tbsDigest,
            attestation: attestation, intendedAt: intendedAt, issuedAt: issuedAt ?? self.issuedAt,
            certificate: certificate ?? self.certificate, replaces: replaces,
            isCurrent: isCurrent ?? self.isCurrent, revokedAt: revokedAt ?? self.revokedAt,
            reason: reason ?? self.reason)
    }
}
