import Attestation
import DeviceIdentity
import Diagnostics
import OpenSSL
import SQLite

/// Compares the audit chain with the tables: what an entry says happened has to be there, and nothing else.
struct RowCheck {
    private let store: SQLiteStore
    /// The rows that an entry vouches for: one bit a row.
    private var issued: [Int64: UInt64] = [:]
    private var revoked: [Int64: UInt64] = [:]
    private var trusted: Set<DeviceUUID> = []
    /// Revocations, by row, whose last entry so far gives another reason than the row.
    private var unsettled: [Int64: LedgerFinding] = [:]

    init(_ store: SQLiteStore) { self.store = store }

    /// Compares one entry with its row; entries that contradict the ledger are named.
    mutating func check(_ event: AuditEvent) throws(SQLiteError) -> LedgerFinding? {
        let text: String
        switch event.body {
        case .text(let found): text = found
        case .certificate(let row, _, _):
            // The chain vouches for it; that no other entry does, its row number sees to.
            return Self.mark(row, &issued)
                ? nil
                : LedgerFinding(
                    .digest, "entry \(event.sequence) issues a certificate once more",
                    sequence: event.sequence)
        case .lost:
            return LedgerFinding(
                .digest, "the row of the certificate of entry \(event.sequence) is missing from the ledger",
                sequence: event.sequence)
        }
        let body: EventBody
        do {
            body = try EventBody(text)
        } catch {
            return LedgerFinding(
                .digest, "entry \(event.sequence) is not an event: \(error.message)", sequence: event.sequence
            )
        }
        switch body {
        case .issue(let issue): return try checkIssue(issue, event)
        case .revoke(let authority, let serial, let reason):
            return try checkRevocation(authority, serial, reason, event)
        case .trust(let device, let keyID, let isTrusted):
            return try checkTrust(device, keyID, isTrusted, event.sequence)
        case .revocationList(let authority, let number, let digest):
            return try checkList(authority, number, digest, event.sequence)
        }
    }

    private mutating func checkIssue(
        _ issue: EventBody.Issue, _ event: AuditEvent
    ) throws(SQLiteError) -> LedgerFinding? {
        let sequence = event.sequence
        let name = Hex.encode(issue.serial)
        guard let row = try store.issuance(serial: issue.serial) else {
            return LedgerFinding(
                .digest, "the certificate \(name) of entry \(sequence) is missing from the ledger",
                sequence: sequence, serial: issue.serial)
        }
        guard Self.mark(row.id, &issued) else {
            return LedgerFinding(
                .digest, "entry \(sequence) issues the certificate \(name) once more", sequence: sequence,
                serial: issue.serial)
        }
        let found = EventBody.Issue(
            authority: row.authority, profile: row.profile, serial: row.serial, request: row.request,
            fingerprint: row.fingerprint ?? [],
            origin: issue.origin.map { _ in .init(device: row.device, attestation: row.attestation) })
        if found == issue, row.issuedAt == event.at { return nil }
        return LedgerFinding(
            .digest, "the certificate \(name) in the ledger is not the one of entry \(sequence)",
            sequence: sequence, serial: issue.serial)
    }

    private mutating func checkRevocation(
        _ authority: [UInt8], _ serial: [UInt8], _ reason: Int64, _ event: AuditEvent
    ) throws(SQLiteError) -> LedgerFinding? {
        let row = try store.issuance(serial: serial)
        let finding = LedgerFinding(
            .digest,
            "the revocation of \(Hex.encode(serial)) by entry \(event.sequence) is not what the ledger says",
            sequence: event.sequence, serial: serial)
        guard let row, row.authority == authority, let revokedAt = row.revokedAt else { return finding }
        // The time is that of the first entry, the reason that of the last.
        if Self.mark(row.id, &revoked), revokedAt != event.at { return finding }
        unsettled[row.id] = row.reason == reason ? nil : finding
        return nil
    }

    private mutating func checkTrust(
        _ device: DeviceUUID, _ keyID: [UInt8], _ isTrusted: Bool, _ sequence: Int64
    ) throws(SQLiteError) -> LedgerFinding? {
        // In a ledger that came out of a store, entries of the time before speak of rows that stayed there.
        if let identity = store.identity, identity.kind == .ledger, sequence <= identity.origin { return nil }
        if isTrusted { trusted.insert(device) }
        guard let record = try store.fetch(device), let key = record.key,
            key.identity.publicKey.kid == keyID, !isTrusted || key.identity.trust == .trusted
        else {
            return LedgerFinding(
                .digest, "the key of device \(device) is not what entry \(sequence) says", sequence: sequence)
        }
        return nil
    }

    private func checkList(
        _ authority: [UInt8], _ number: Int64, _ digest: [UInt8], _ sequence: Int64
    ) throws(SQLiteError) -> LedgerFinding? {
        if try store.revocationListDigest(authority, number) == digest { return nil }
        return LedgerFinding(
            .digest, "CRL \(number) of entry \(sequence) is not the one that the ledger knows",
            sequence: sequence)
    }

    /// Rows that no entry vouches for.
    func checkRows(_ verdict: inout LedgerVerdict) throws(SQLiteError) {
        for (_, finding) in unsettled.sorted(by: { $0.key < $1.key }) { verdict.add(finding) }
        let select = try store.connection.prepare(
            """
            SELECT issuance.id, serial, certificate.id IS NULL, revoked_at IS NULL
            FROM issuance LEFT JOIN certificate ON certificate.id = issuance.id ORDER BY issuance.id
            """)
        while try select.step() {
            let id = select.integer(0)
            let serial = select.blob(1)
            let name = Hex.encode(serial)
            if select.integer(2) == 1 {
                verdict.intents += 1
            } else {
                verdict.certificates += 1
                if !Self.isMarked(id, issued) {
                    verdict.add(
                        LedgerFinding(
                            .digest, "no entry of the audit chain issues the certificate \(name)",
                            serial: serial))
                }
            }
            if select.integer(3) == 0, !Self.isMarked(id, revoked) {
                verdict.add(
                    LedgerFinding(
                        .digest, "no entry of the audit chain revokes the certificate \(name)", serial: serial
                    ))
            }
        }
        try checkLinks(&verdict)
        try checkMarks(&verdict)
        try checkDevices(&verdict)
        try checkLists(&verdict)
    }

    /// A row that is marked as replaced gives way to another certificate for the same request: only a row that says
    /// that it replaces it may do that. And no certificate stands without its row.
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
        let orphans = try store.connection.singleInteger(
            "SELECT count(*) FROM certificate WHERE id NOT IN (SELECT id FROM issuance)")
        if orphans > 0 {
            verdict.add(LedgerFinding(.digest, "certificates without a row in the ledger: \(orphans)"))
        }
    }

    /// A row without its marks is not found: its key or its device would be certified again.
    private func checkMarks(_ verdict: inout LedgerVerdict) throws(SQLiteError) {
        let rows = try store.connection.prepare("SELECT id, serial, key_id, device FROM issuance ORDER BY id")
        let select = try store.connection.prepare(
            """
            SELECT 0 FROM recent_mark WHERE mark = ?1 AND issuance = ?2
            UNION ALL SELECT 1 FROM mark WHERE mark = ?1 AND issuance = ?2
            """)
        var filters: [Int64: MarkFilter] = [:]
        for range in 0..<Mark.ranges { filters[range] = try MarkFilters.read(range, store) }
        while try rows.step() {
            let device = DeviceUUID(bytes: rows.blob(3)[...])
            for (what, mark) in [("key", Mark.key(rows.blob(2))), ("device", device.map(Mark.device))] {
                guard let mark else { continue }
                try select.bind(.integer(mark), .integer(rows.integer(0)))
                defer { select.reset() }
                if try select.step() {
                    // One that is in the large table and not in its filter would be passed over.
                    if select.integer(0) == 0 || filters[Mark.range(of: mark)]?.mayContain(mark) != false {
                        continue
                    }
                }
                let serial = rows.blob(1)
                verdict.add(
                    LedgerFinding(
                        .digest, "the \(what) of \(Hex.encode(serial)) is not filed under its mark",
                        serial: serial))
            }
        }
    }

    private func checkDevices(_ verdict: inout LedgerVerdict) throws(SQLiteError) {
        let select = try store.connection.prepare("SELECT uuid FROM device WHERE trust = 1 ORDER BY uuid")
        while try select.step() {
            guard let device = DeviceUUID(bytes: select.blob(0)[...]), !trusted.contains(device) else {
                continue
            }
            verdict.add(
                LedgerFinding(.digest, "no entry of the audit chain trusts the key of device \(device)"))
        }
    }

    private func checkLists(_ verdict: inout LedgerVerdict) throws(SQLiteError) {
        let lists = try store.connection.singleInteger("SELECT count(*) FROM crl")
        let entries = try store.connection.singleInteger(
            "SELECT count(*) FROM event WHERE body LIKE '{\"kind\":\"crl\",%'")
        if lists != entries {
            verdict.add(
                LedgerFinding(
                    .digest,
                    "the ledger knows \(lists) revocation lists, the audit chain \(entries)"))
        }
    }

    /// Whether the row had no mark yet.
    private static func mark(_ id: Int64, _ marks: inout [Int64: UInt64]) -> Bool {
        let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: id & 63)
        let word = marks[id >> 6, default: 0]
        marks[id >> 6] = word | bit
        return word & bit == 0
    }

    private static func isMarked(_ id: Int64, _ marks: [Int64: UInt64]) -> Bool {
        marks[id >> 6, default: 0] & (1 << UInt64(truncatingIfNeeded: id & 63)) != 0
    }
}
