import Attestation
import DeviceIdentity
import Diagnostics
import Ledger
import SQLite

/// One transaction of ``IssuanceLedger/exchange(_:_:reissue:at:)``.
struct LedgerExchange {
    private let store: SQLiteStore
    private let statements: LedgerStatements
    private var series: LedgerSeries
    private let time: Int64
    /// The rows of a dry run; `nil` where the ledger is written.
    private let plan: PlannedRows?
    /// With `--reissue`: rows after this one were made by the run that asks, or at the same time by another.
    private let reissueFloor: Int64
    /// The last row before this transaction.
    let lastRowBefore: Int64
    private var lastRow: Int64

    init(_ store: SQLiteStore, reissueAfter floor: Int64?, at time: Int64) throws(SQLiteError) {
        self.store = store
        statements = try store.ledgerStatements.get()
        series = try LedgerSeries(store)
        self.time = time
        lastRowBefore = try Self.lastRow(of: store)
        lastRow = lastRowBefore
        reissueFloor = floor ?? lastRowBefore
        plan = nil
        try store.lookup.compact(upTo: lastRowBefore)
    }

    /// The same for a dry run: by the same rules, over the rows of the ledger and those that are planned, and nothing is
    /// written but more of the latter.
    init(_ store: SQLiteStore, planning plan: PlannedRows, at time: Int64) throws(SQLiteError) {
        self.store = store
        self.plan = plan
        statements = try LedgerStatements(store, isPlanning: true)
        if let known = plan.series { series = known } else { series = try LedgerSeries(store) }
        self.time = time
        plan.begin(after: try Self.lastRow(of: store))
        lastRowBefore = plan.last
        lastRow = plan.last
        reissueFloor = plan.lastKept ?? 0
        try store.lookup.refresh()
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
            return .refused(LedgerRules.compromised)
        }
        store.chainHead = entry
        return nil
    }

    // MARK: Intents

    /// Decides on an intent and, where it is to be signed, puts it on record.
    mutating func note(_ intent: IssuanceIntent, reissue: Bool) throws(SQLiteError) -> IntentOutcome {
        // A pair of CA and profile that is new gets its number now.
        let seriesID = try number(of: intent)
        let secret = try store.lookup.secret()
        let keys = secret.keys(of: intent)
        let rules = LedgerRules(reissue: reissue, lastRowBefore: lastRowBefore, reissueFloor: reissueFloor)
        let tables = SQLiteLedgerTables(
            store: store, statements: statements, secret: secret, series: series, keys: keys, plan: plan)
        switch try rules.decide(intent, in: tables) {
        case .rejected(let failure): return .rejected(failure)
        case .existing(let record): return .existing(record)
        case .sameAs(let id): return .sameAs(id: id)
        case .complete(let row):
            return .sign(
                .init(
                    id: row.id, intent: IssuanceIntent(unfinished: row), isOwn: false,
                    intendedAt: row.intendedAt))
        case .sign(let replaced):
            let id = try insert(intent, seriesID, keys, replaces: replaced)
            return .sign(.init(id: id, intent: intent, isOwn: true, intendedAt: time))
        }
    }

    private mutating func number(of intent: IssuanceIntent) throws(SQLiteError) -> Int64 {
        guard plan == nil else { return series.plannedNumber(intent.authority, intent.profile) }
        return try series.number(intent.authority, intent.profile, store)
    }

    private mutating func insert(
        _ intent: IssuanceIntent, _ seriesID: Int64, _ keys: IntentKeys, replaces: Int64?
    ) throws(SQLiteError) -> Int64 {
        if let plan {
            lastRow = try plan.insert(intent, seriesID, keys, replaces: replaces, store)
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
        try store.lookup.note(keys.noted, row: id)
        return id
    }
}
