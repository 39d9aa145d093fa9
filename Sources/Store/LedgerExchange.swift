import Attestation
import DeviceIdentity
import Diagnostics
import SQLite

/// One transaction of ``IssuanceLedger/exchange(_:_:reissue:at:)``.
struct LedgerExchange {
    private let store: SQLiteStore
    private let statements: LedgerStatements
    private var series: LedgerSeries
    private let time: Int64
    /// With `--reissue`: rows behind this one were made by the run that asks, or at the same time by another.
    private let reissueFloor: Int64
    /// The last row before this transaction.
    let lastRowBefore: Int64
    private var lastRow: Int64

    init(_ store: SQLiteStore, reissueAfter floor: Int64?, at time: Int64) throws(SQLiteError) {
        self.store = store
        statements = try store.ledgerStatements.get()
        series = try LedgerSeries(store)
        self.time = time
        let last = try store.statement("SELECT coalesce(max(id), 0) FROM issuance")
        try last.bind()
        defer { last.reset() }
        lastRowBefore = try last.step() ? last.integer(0) : 0
        lastRow = lastRowBefore
        reissueFloor = floor ?? lastRowBefore
        try Mark.file(in: store, upTo: lastRowBefore)
    }

    // MARK: Certificates

    /// Enters a certificate, unless another process was first; then returns that one's.
    mutating func enter(_ signed: SignedIntent) throws(SQLiteError) -> [UInt8]? {
        let entry = try store.nextEntry(signed.octets[signed.body], at: time)
        let insert = statements.enter
        insert.begin()
        try insert.set(1, signed.id)
        try insert.set(2, time)
        try insert.set(3, blob: signed.octets[signed.place])
        try insert.set(4, entry.sequence)
        try insert.set(5, blob: entry.hash)
        _ = try insert.step()
        guard store.connection.changes == 1 else {
            let select = try store.statement("SELECT der FROM certificate WHERE id = ?")
            try select.bind(.integer(signed.id))
            defer { select.reset() }
            return try select.step() ? select.blob(0) : nil
        }
        store.chainHead = entry
        return nil
    }

    // MARK: Intents

    /// Decides on an intent and, where it is to be signed, puts it on record.
    mutating func note(_ intent: IssuanceIntent, reissue: Bool) throws(SQLiteError) -> IntentOutcome {
        let seriesID = try series.number(intent.authority, intent.profile, store)
        // Nearly all requests are of a key and a device that nobody has seen.
        guard try isKnown(intent) else {
            let id = try insert(intent, seriesID, replaces: nil)
            return .sign(.init(id: id, intent: intent, isOwn: true, intendedAt: time))
        }
        let current: Int64?
        switch try rowOfKey(intent, seriesID) {
        case .failure(let failure): return .rejected(failure)
        case .success(let found): current = found
        }
        var replaced: Int64?
        if let current {
            if current > lastRowBefore { return .sameAs(id: current) }
            if !reissue || current > reissueFloor { return try answer(current, intent) }
            replaced = current
        } else if let other = try otherRequest(intent, seriesID) {
            guard reissue else {
                return .rejected(
                    .init(
                        .duplicateDevice,
                        "device \(intent.device?.description ?? intent.subject) has a certificate under this profile "
                            + "from another request, serial \(Hex.encode(other.serial)); --reissue asks for a new one"
                    ))
            }
            replaced = other.id
        }
        let id = try insert(intent, seriesID, replaces: replaced)
        return .sign(.init(id: id, intent: intent, isOwn: true, intendedAt: time))
    }

    /// Whether a row may be of the same key or the same device.
    private func isKnown(_ intent: IssuanceIntent) throws(SQLiteError) -> Bool {
        let marks = (Mark.key(intent.keyID), intent.device.map(Mark.device))
        let recent = statements.anyRecent
        recent.begin()
        try recent.set(1, marks.0)
        try recent.set(2, marks.1)
        defer { recent.reset() }
        if try recent.step() { return true }
        if try isFiled(marks.0) { return true }
        guard let device = marks.1 else { return false }
        return try isFiled(device)
    }

    private func isFiled(_ mark: Int64) throws(SQLiteError) -> Bool {
        guard try store.markFilters.mayHave(mark, store) else { return false }
        let select = statements.anyFiled
        select.begin()
        try select.set(1, mark)
        defer { select.reset() }
        return try select.step()
    }

    /// What a request gets that is on record: its certificate, or the order to complete it.
    private func answer(_ id: Int64, _ intent: IssuanceIntent) throws(SQLiteError) -> IntentOutcome {
        guard let row = try store.issuance(id: id) else {
            return .rejected(.init(.internalFault, "row \(id) of the ledger is gone"))
        }
        if row.certificate == nil {
            return .sign(
                .init(
                    id: id, intent: IssuanceIntent(unfinished: row), isOwn: false,
                    intendedAt: row.intendedAt))
        }
        if row.revokedAt != nil {
            let message = "the certificate of this request was revoked; --reissue asks for a new one"
            return .rejected(.init(.revoked, message))
        }
        return .existing(row)
    }

    /// The current row of the same request; a failure when the key must not be certified (again).
    ///
    /// One look by the key finds both: a request is signed with its key, so all rows of a request are among it.
    private func rowOfKey(
        _ intent: IssuanceIntent, _ seriesID: Int64
    ) throws(SQLiteError) -> Result<Int64?, CheckFailure> {
        let select = statements.ofKey
        select.begin()
        try select.set(1, Mark.key(intent.keyID))
        try select.set(2, blob: intent.keyID)
        var found: Int64?
        while try select.step() {
            if !select.isNull(6), select.integer(6) == Self.keyCompromise {
                select.reset()
                return .failure(
                    .init(.revoked, "the public key was revoked as compromised: the device needs a new one"))
            }
            guard series.authority(select.integer(1)) == intent.authority else { continue }
            let device = select.isNull(3) ? nil : DeviceUUID(bytes: select.blob(3)[...])
            let isSame =
                if let device, let asked = intent.device { device == asked } else {
                    select.text(4) == intent.subject
                }
            guard isSame else {
                let owner = device?.description ?? select.text(4)
                select.reset()
                return .failure(.init(.keyReused, "the public key is certified for another device: \(owner)"))
            }
            if select.integer(1) == seriesID, select.integer(5) == 0, select.blob(2) == intent.request {
                found = select.integer(0)
            }
        }
        return .success(found)
    }

    /// Another request's certificate or intent for the same device under the same profile.
    private func otherRequest(
        _ intent: IssuanceIntent, _ seriesID: Int64
    ) throws(SQLiteError) -> (id: Int64, serial: [UInt8])? {
        guard let device = intent.device else { return nil }
        let select = statements.ofDevice
        select.begin()
        try select.set(1, Mark.device(device))
        try select.set(2, blob: device.bytes)
        try select.set(3, seriesID)
        defer { select.reset() }
        return try select.step() ? (select.integer(0), select.blob(1)) : nil
    }

    private mutating func insert(
        _ intent: IssuanceIntent, _ seriesID: Int64, replaces: Int64?
    ) throws(SQLiteError) -> Int64 {
        // A number at the end of the range can only be somebody's tampering; the insert then fails.
        let id = lastRow == .max ? .max : lastRow + 1
        if let replaces {
            try store.statement("UPDATE issuance SET replaced_by = ? WHERE id = ?")
                .run(.integer(id), .integer(replaces))
            try store.noteReissue(intent.serial, of: replaces, at: time)
        }
        let insert = statements.intend
        insert.begin()
        try insert.set(1, id)
        try insert.set(2, seriesID)
        try insert.set(3, blob: intent.request)
        try insert.set(4, blob: intent.serial)
        try insert.set(5, blob: intent.keyID)
        try insert.set(6, blob: intent.device?.bytes)
        try insert.set(7, text: intent.subject)
        try insert.set(8, intent.notBefore)
        try insert.set(9, intent.notAfter)
        try insert.set(10, blob: intent.tbsDigest)
        try insert.set(11, text: intent.attestation?.profile.rawValue)
        try insert.set(12, blob: intent.attestation?.keyID)
        try insert.set(13, time)
        try insert.set(14, replaces)
        _ = try insert.step()
        lastRow = id
        let mark = statements.mark
        mark.begin()
        try mark.set(1, Mark.key(intent.keyID))
        try mark.set(2, id)
        _ = try mark.step()
        if let device = intent.device {
            mark.begin()
            try mark.set(1, Mark.device(device))
            _ = try mark.step()
        }
        return id
    }

    /// RFC 5280 section 5.3.1.
    static let keyCompromise: Int64 = 1
}

/// The statements that every certificate runs.
final class LedgerStatements {
    let anyRecent: Statement
    let anyFiled: Statement
    let ofKey: Statement
    let ofDevice: Statement
    let intend: Statement
    let mark: Statement
    let enter: Statement

    init(_ store: SQLiteStore) throws(SQLiteError) {
        anyRecent = try store.statement(
            "SELECT 1 FROM recent_mark WHERE mark = ? UNION ALL SELECT 1 FROM recent_mark WHERE mark = ?")
        anyFiled = try store.statement("SELECT 1 FROM mark WHERE mark = ?")
        ofKey = try store.statement(
            """
            SELECT id, series, request, device, subject, replaced_by, reason FROM issuance
            WHERE id IN (\(Mark.rows(of: "?1"))) AND key_id = ?2
            """)
        ofDevice = try store.statement(
            """
            SELECT id, serial FROM issuance
            WHERE id IN (\(Mark.rows(of: "?1"))) AND device = ?2 AND series = ?3 AND replaced_by = 0
            """)
        intend = try store.statement(
            """
            INSERT INTO issuance (id, series, request, serial, key_id, device, subject, not_before, not_after,
                tbs_digest, attestation_profile, attestation_key, intended_at, replaces)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        mark = try store.statement("INSERT INTO recent_mark (mark, issuance) VALUES (?, ?)")
        enter = try store.statement(
            """
            INSERT INTO certificate (id, issued_at, der, seq, hash) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (id) DO NOTHING
            """)
    }
}
