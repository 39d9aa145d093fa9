import Attestation
import DeviceIdentity
import Diagnostics
import SQLite

/// One transaction of ``IssuanceLedger/exchange(_:_:reissue:at:)``.
struct LedgerExchange {
    private let store: SQLiteStore
    private let statements: LedgerStatements
    private let secret: MarkSecret
    private var series: LedgerSeries
    private let time: Int64
    /// The rows of a dry run; `nil` where the ledger is written.
    private let plan: PlannedRows?
    /// With `--reissue`: rows behind this one were made by the run that asks, or at the same time by another.
    private let reissueFloor: Int64
    /// The last row before this transaction.
    let lastRowBefore: Int64
    private var lastRow: Int64

    init(_ store: SQLiteStore, reissueAfter floor: Int64?, at time: Int64) throws(SQLiteError) {
        self.store = store
        statements = try store.ledgerStatements.get()
        secret = try store.markSecret.get()
        series = try LedgerSeries(store)
        self.time = time
        lastRowBefore = try Self.lastRow(of: store)
        lastRow = lastRowBefore
        reissueFloor = floor ?? lastRowBefore
        plan = nil
        try Mark.file(in: store, upTo: lastRowBefore)
    }

    /// The same for a dry run: by the same rules, over the rows of the ledger and those that are planned, and nothing is
    /// written but more of the latter.
    init(_ store: SQLiteStore, planning plan: PlannedRows, at time: Int64) throws(SQLiteError) {
        self.store = store
        self.plan = plan
        statements = try LedgerStatements(store, isPlanning: true)
        secret = try store.markSecret.get()
        if let known = plan.series { series = known } else { series = try LedgerSeries(store) }
        self.time = time
        plan.begin(after: try Self.lastRow(of: store))
        lastRowBefore = plan.last
        lastRow = plan.last
        reissueFloor = plan.lastKept ?? 0
        try Mark.look(in: store)
    }

    /// Keeps for the next exchange of a dry run what this one made up.
    func remember() { plan?.series = series }

    private static func lastRow(of store: SQLiteStore) throws(SQLiteError) -> Int64 {
        let last = try store.statement("SELECT coalesce(max(id), 0) FROM issuance")
        try last.bind()
        defer { last.reset() }
        return try last.step() ? last.integer(0) : 0
    }

    // MARK: Certificates

    /// Enters a certificate, unless another process was first or the key was revoked as compromised since; then returns
    /// what is there instead.
    mutating func enter(_ signed: SignedIntent) throws(SQLiteError) -> TakenEntry? {
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
            if try select.step() { return .certificate(select.blob(0)) }
            return .refused(Self.compromised)
        }
        store.chainHead = entry
        return nil
    }

    // MARK: Intents

    /// Decides on an intent and, where it is to be signed, puts it on record.
    mutating func note(_ intent: IssuanceIntent, reissue: Bool) throws(SQLiteError) -> IntentOutcome {
        let seriesID = try number(of: intent)
        // Nearly all requests are of a key and a device that nobody has seen.
        let marks = secret.marks(of: intent)
        guard try statements.isKnown(marks.asked, store) else {
            if let objection = intent.objection { return .rejected(objection) }
            let id = try insert(intent, seriesID, marks, replaces: nil)
            return .sign(.init(id: id, intent: intent, isOwn: true, intendedAt: time))
        }
        let current: KnownRow?
        switch try rowOfKey(intent, seriesID) {
        case .failure(let failure): return .rejected(failure)
        case .success(let found): current = found
        }
        var replaced: Int64?
        if let current {
            // A device's word for a name that proves nothing has to be on record, or the next device would get the name.
            let isMissing = intent.attestation != nil && !current.isAttested && !intent.isNameProven
            if !isMissing {
                if current.id > lastRowBefore { return .sameAs(id: current.id) }
                if !reissue || current.id > reissueFloor { return try answer(current.id, intent) }
            }
            replaced = current.id
        }
        if let objection = intent.objection { return .rejected(objection) }
        if let failure = try nameFailure(intent) { return .rejected(failure) }
        if current != nil {
            // Its own earlier certificate is what it replaces.
        } else if let other = try otherRequest(intent, seriesID) {
            guard reissue else {
                return .rejected(
                    .init(
                        .duplicateDevice,
                        "device \(intent.device?.description ?? intent.subject) has a certificate under this profile "
                            + "from another request, \(Self.name(ofSerial: other.serial)); --reissue asks for a new one"
                    ))
            }
            replaced = other.id
        }
        let id = try insert(intent, seriesID, marks, replaces: replaced)
        return .sign(.init(id: id, intent: intent, isOwn: true, intendedAt: time))
    }

    private mutating func number(of intent: IssuanceIntent) throws(SQLiteError) -> Int64 {
        guard plan == nil else { return series.plannedNumber(intent.authority, intent.profile) }
        return try series.number(intent.authority, intent.profile, store)
    }

    /// What a request gets that is on record: its certificate, or the order to complete it.
    private func answer(_ id: Int64, _ intent: IssuanceIntent) throws(SQLiteError) -> IntentOutcome {
        if plan?.isPlanned(id) == true { return .sameAs(id: id) }
        guard let row = try store.issuance(id: id) else {
            return .rejected(.init(.internalFault, "row \(id) of the ledger is gone"))
        }
        if row.certificate == nil {
            if let objection = intent.objection { return .rejected(objection) }
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

    /// A row of the same request.
    private struct KnownRow {
        let id: Int64
        let isAttested: Bool
    }

    /// The current row of the same request; a failure when the key must not be certified (again).
    ///
    /// One look by the key finds both: a request is signed with its key, so all rows of a request are among it.
    private func rowOfKey(
        _ intent: IssuanceIntent, _ seriesID: Int64
    ) throws(SQLiteError) -> Result<KnownRow?, CheckFailure> {
        let select = statements.ofKey
        select.begin()
        try select.set(1, Mark.key(intent.keyID))
        try select.set(2, blob: intent.keyID)
        var found: KnownRow?
        while try select.step() {
            if !select.isNull(6), select.integer(6) == Self.keyCompromise {
                select.reset()
                return .failure(Self.compromised)
            }
            if series.isOfAuthorities(select.integer(1)) {
                let owner = select.text(4)
                select.reset()
                return .failure(.init(.keyReused, "the public key is that of a CA: \(owner)"))
            }
            guard series.authority(select.integer(1)) == intent.authority else { continue }
            let isAttested = !select.isNull(7)
            let isRequest =
                select.integer(1) == seriesID && select.integer(5) == 0 && select.blob(2) == intent.request
            // What nobody vouched for stands in no device's way.
            if intent.attestation != nil, !isAttested {
                if isRequest { found = KnownRow(id: select.integer(0), isAttested: false) }
                continue
            }
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
            if isRequest { found = KnownRow(id: select.integer(0), isAttested: isAttested) }
        }
        return .success(found)
    }

    /// Why the intent's name is another device's; `nil` if it may have it.
    ///
    /// A name belongs to the device that first vouched for a key with it, under whatever profile of the CA, also after its
    /// certificate expired or was revoked: whoever knew the device by it would take another for it.
    private func nameFailure(_ intent: IssuanceIntent) throws(SQLiteError) -> CheckFailure? {
        for key in intent.names.keys + intent.names.others {
            let failure = try holder(secret.name(key), intent) { subject in
                SubjectKeys(subject()).contains(key)
            }
            if let failure { return failure }
        }
        // A UUID that stands for itself is judged before, where a device vouched.
        let others = intent.attestation == nil ? intent.names.uuids : []
        for uuid in others + intent.names.possibleUUIDs {
            if let failure = try holder(secret.device(uuid), intent, { _ in true }) { return failure }
        }
        return nil
    }

    /// The failure that names an attested row with a mark that is not of the intent's own device or key.
    private func holder(
        _ mark: Int64, _ intent: IssuanceIntent, _ hasName: (() -> String) -> Bool
    ) throws(SQLiteError) -> CheckFailure? {
        let select = statements.attested
        select.begin()
        try select.set(1, mark)
        defer { select.reset() }
        while try select.step() {
            guard series.authority(select.integer(0)) == intent.authority,
                let device = DeviceUUID(bytes: select.blob(2)[...])
            else { continue }
            let isOwn = intent.attestation == nil ? select.blob(1) == intent.keyID : device == intent.device
            if isOwn || !hasName({ select.text(3) }) { continue }
            let holding =
                select.isNull(4)
                ? "an earlier request of this run"
                : "the certificate with the serial number \(Hex.encode(select.blob(4)))"
            return .init(
                .nameTaken, "the name \(intent.subject) belongs to device \(device), by \(holding)")
        }
        return nil
    }

    /// Another request's certificate or intent for the same device under the same profile. What nobody vouched for stands
    /// in no device's way.
    private func otherRequest(
        _ intent: IssuanceIntent, _ seriesID: Int64
    ) throws(SQLiteError) -> (id: Int64, serial: [UInt8]?)? {
        guard let device = intent.device else { return nil }
        let select = statements.ofDevice
        select.begin()
        try select.set(1, secret.device(device))
        try select.set(2, blob: device.bytes)
        try select.set(3, seriesID)
        try select.set(4, intent.attestation == nil ? 0 : 1)
        defer { select.reset() }
        return try select.step() ? (select.integer(0), select.isNull(1) ? nil : select.blob(1)) : nil
    }

    /// What a planned certificate is called, which has no serial number yet.
    private static func name(ofSerial serial: [UInt8]?) -> String {
        serial.map { "serial \(Hex.encode($0))" } ?? "an earlier one of this run"
    }

    private mutating func insert(
        _ intent: IssuanceIntent, _ seriesID: Int64, _ marks: IntentMarks, replaces: Int64?
    ) throws(SQLiteError) -> Int64 {
        if let plan {
            lastRow = try plan.insert(intent, seriesID, marks, replaces: replaces, store)
            return lastRow
        }
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
        for entry in marks.filed {
            mark.begin()
            try mark.set(1, entry)
            try mark.set(2, id)
            _ = try mark.step()
        }
        return id
    }

    /// RFC 5280 section 5.3.1.
    static let keyCompromise: Int64 = 1

    private static let compromised = CheckFailure(
        .revoked, "the public key was revoked as compromised: the device needs a new one")
}
