import Attestation
import DeviceIdentity
import Diagnostics
import Ledger
import OpenSSL
import SQLite

/// Compares what entries say of certificates with the ledger: each row is what its entry says and what stands in the
/// certificate, and there are no others.
struct IssuanceCheck {
    private let store: SQLiteStore
    private let includesContents: Bool
    /// The rows that an entry vouches for.
    private var issued = RowMarks()
    private var revoked = RowMarks()
    /// The rows that an entry lets take the place of another.
    private var reissued = RowMarks()
    /// The rows that were found not to be what their entries say: there is nothing more to say of them.
    private var named = RowMarks()
    /// The last row that a pin vouches for.
    private var lastPinned: Int64 = 0
    /// Revocations, by row, whose last entry so far gives another reason than the row.
    private var unsettled: [Int64: LedgerFinding] = [:]

    init(_ store: SQLiteStore, includesContents: Bool) {
        self.store = store
        self.includesContents = includesContents
    }

    // MARK: Entries

    mutating func certificate(_ row: Int64, _ sequence: Int64, isWhole: Bool) -> LedgerFinding? {
        if !isWhole { named.insert(row) }
        // The chain vouches for it; that no other entry does, its row number sees to.
        return issued.insert(row)
            ? nil
            : LedgerFinding(
                .digest, "entry \(sequence) issues a certificate once more", sequence: sequence)
    }

    mutating func issue(
        _ issue: EventBody.Issue, _ event: AuditEvent
    ) throws(SQLiteError) -> LedgerFinding? {
        let sequence = event.sequence
        let name = Hex.encode(issue.serial)
        guard let row = try store.issuance(serial: issue.serial) else {
            return LedgerFinding(
                .digest, "the certificate \(name) of entry \(sequence) is missing from the ledger",
                sequence: sequence, serial: issue.serial)
        }
        guard issued.insert(row.id) else {
            return LedgerFinding(
                .digest, "entry \(sequence) issues the certificate \(name) once more", sequence: sequence,
                serial: issue.serial)
        }
        let found = EventBody.Issue(
            authority: row.authority, profile: row.profile, serial: row.serial, request: row.request,
            fingerprint: row.fingerprint ?? [],
            origin: issue.origin.map { _ in .init(device: row.device, attestation: row.attestation) })
        if found == issue, row.issuedAt == event.at { return nil }
        named.insert(row.id)
        return LedgerFinding(
            .digest, "the certificate \(name) in the ledger is not the one of entry \(sequence)",
            sequence: sequence, serial: issue.serial)
    }

    mutating func revocation(
        _ authority: [UInt8], _ serial: [UInt8], _ reason: Int64, _ event: AuditEvent
    ) throws(SQLiteError) -> LedgerFinding? {
        let row = try store.issuance(serial: serial)
        let finding = LedgerFinding(
            .digest,
            "the revocation of \(Hex.encode(serial)) by entry \(event.sequence) is not what the ledger says",
            sequence: event.sequence, serial: serial)
        guard let row, row.authority == authority, let revokedAt = row.revokedAt else { return finding }
        // The time is that of the first entry, the reason that of the last.
        if revoked.insert(row.id), revokedAt != event.at { return finding }
        unsettled[row.id] = row.reason == reason ? nil : finding
        return nil
    }

    mutating func reissue(
        _ serial: [UInt8], _ replaced: [UInt8], _ sequence: Int64
    ) throws(SQLiteError) -> LedgerFinding? {
        if let new = try store.issuance(serial: serial), let old = try store.issuance(serial: replaced),
            new.replaces == old.id, !old.isCurrent
        {
            reissued.insert(new.id)
            return nil
        }
        return LedgerFinding(
            .digest,
            "\(Hex.encode(serial)) does not take the place of \(Hex.encode(replaced)) as entry \(sequence) says",
            sequence: sequence, serial: serial)
    }

    mutating func pin(
        upTo last: Int64, _ digest: [UInt8], _ sequence: Int64
    ) throws(SQLiteError) -> LedgerFinding? {
        lastPinned = last
        if try store.issuanceDigest(upTo: last).value == digest { return nil }
        return LedgerFinding(
            .digest,
            "the rows of the ledger up to \(last) are not as entry \(sequence) found them: one is missing, or when "
                + "it was intended, what it replaces or whose it is was changed", sequence: sequence)
    }

    // MARK: Rows

    /// Rows that no entry vouches for, and rows that say something else than the certificate.
    func finish(_ verdict: inout LedgerVerdict) throws(SQLiteError) {
        for (_, finding) in unsettled.sorted(by: { $0.key < $1.key }) { verdict.add(finding) }
        let select = try store.connection.prepare(
            """
            SELECT \(SQLiteStore.issuanceColumns)
            FROM issuance LEFT JOIN series ON series.id = issuance.series
                LEFT JOIN certificate ON certificate.id = issuance.id ORDER BY issuance.id
            """)
        while try select.step() {
            let id = select.integer(0)
            let isIntent = select.isNull(14)
            if isIntent { verdict.intents += 1 } else { verdict.certificates += 1 }
            var messages: [String] = []
            if !isIntent, !issued.contains(id) {
                messages.append("no entry of the audit chain issues the certificate %")
            }
            if !(select.isNull(18) && select.isNull(19)), !revoked.contains(id) {
                messages.append("no entry of the audit chain revokes the certificate %")
            }
            if !select.isNull(16), id > lastPinned, !reissued.contains(id) {
                messages.append("no entry of the audit chain lets % take the place of another")
            }
            if includesContents, !isIntent, messages.isEmpty, !named.contains(id) {
                let row = SQLiteStore.issuance(select)
                messages += row.contradictions().map { "%: \($0.message)" }
            }
            guard !messages.isEmpty else { continue }
            let serial = select.blob(4)
            for message in messages {
                let text = message.split(separator: "%", omittingEmptySubsequences: false)
                    .joined(separator: Hex.encode(serial))
                verdict.add(LedgerFinding(.digest, text, serial: serial))
            }
        }
        try checkLinks(&verdict)
        try LookupIndexCheck(store).finish(&verdict)
    }

    /// A row that is marked as replaced gives way to another certificate for the same request: only a row that says
    /// that it replaces it may do that, and only one of the same request or device. And no certificate stands without
    /// its row.
    private func checkLinks(_ verdict: inout LedgerVerdict) throws(SQLiteError) {
        let replaced = try store.connection.prepare(
            """
            SELECT serial FROM issuance AS old WHERE replaced_by <> 0 AND NOT EXISTS
                (SELECT 1 FROM issuance AS new WHERE new.id = old.replaced_by AND new.replaces = old.id)
            ORDER BY id
            """)
        while try replaced.step() {
            let serial = replaced.blob(0)
            verdict.add(
                LedgerFinding(
                    .digest, "no certificate replaces \(Hex.encode(serial)), which is marked as replaced",
                    serial: serial))
        }
        let replacing = try store.connection.prepare(
            """
            SELECT new.serial, old.id IS NULL FROM issuance AS new
                LEFT JOIN issuance AS old ON old.id = new.replaces AND old.replaced_by = new.id
            WHERE new.replaces IS NOT NULL AND (old.id IS NULL OR old.series <> new.series
                OR (old.request <> new.request AND old.device IS NOT new.device)) ORDER BY new.id
            """)
        while try replacing.step() {
            let serial = replacing.blob(0)
            let what =
                replacing.integer(1) == 1
                ? "a certificate that is not marked as replaced by it"
                : "a certificate of another request and device"
            verdict.add(
                LedgerFinding(.digest, "\(Hex.encode(serial)) replaces \(what)", serial: serial))
        }
        let halves = try store.connection.singleInteger(
            "SELECT count(*) FROM certificate WHERE (seq IS NULL) <> (hash IS NULL)")
        if halves > 0 {
            verdict.add(
                LedgerFinding(.digest, "certificates with half an entry of the audit chain: \(halves)"))
        }
        let orphans = try store.connection.singleInteger(
            "SELECT count(*) FROM certificate WHERE id NOT IN (SELECT id FROM issuance)")
        if orphans > 0 {
            verdict.add(LedgerFinding(.digest, "certificates without a row in the ledger: \(orphans)"))
        }
    }
}
