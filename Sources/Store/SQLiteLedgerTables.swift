import DeviceIdentity
import Ledger
import SQLite

/// The ledger's tables as its rules ask them about one intent: rows are found by the look-up index.
struct SQLiteLedgerTables: LedgerTables {
    typealias Failure = SQLiteError

    let store: SQLiteStore
    let statements: LedgerStatements
    let secret: LookupSecret
    let series: LedgerSeries
    /// Those of the intent that is decided on.
    let keys: IntentKeys
    /// The rows of a dry run; `nil` where the ledger is written.
    let plan: PlannedRows?

    func mayKnow(_ intent: IssuanceIntent) throws(SQLiteError) -> Bool {
        try store.lookup.mayHave(keys.asked, isPlanning: plan != nil)
    }

    func rows(ofKey keyID: [UInt8]) throws(SQLiteError) -> [LedgerRow] {
        let select = statements.ofKey
        select.begin()
        try select.set(1, LookupSecret.publicKey(keyID).bits)
        try select.set(2, blob: keyID)
        return try rows(select)
    }

    func attestedRows(named name: SubjectKeys.Key) throws(SQLiteError) -> [LedgerRow] {
        try attestedRows(secret.name(name))
    }

    func attestedRows(of device: DeviceUUID) throws(SQLiteError) -> [LedgerRow] {
        try attestedRows(secret.device(device))
    }

    private func attestedRows(_ key: LookupKey) throws(SQLiteError) -> [LedgerRow] {
        let select = statements.attested
        select.begin()
        try select.set(1, key.bits)
        return try rows(select)
    }

    func currentRow(
        of device: DeviceUUID, authority: [UInt8], profile: String, isAttested: Bool
    ) throws(SQLiteError) -> LedgerRow? {
        guard let number = series.knownNumber(authority, profile) else { return nil }
        let select = statements.ofDevice
        select.begin()
        try select.set(1, secret.device(device).bits)
        try select.set(2, blob: device.bytes)
        try select.set(3, number)
        try select.set(4, isAttested ? 1 : 0)
        return try rows(select).first
    }

    func record(_ row: Int64) throws(SQLiteError) -> IssuanceRecord? { try store.issuance(id: row) }

    func isPlanned(_ row: Int64) -> Bool { plan?.isPlanned(row) == true }

    /// Reads what the statements of ``LedgerStatements`` that look for rows select.
    private func rows(_ select: Statement) throws(SQLiteError) -> [LedgerRow] {
        defer { select.reset() }
        var rows: [LedgerRow] = []
        while try select.step() {
            guard let pair = series.pair(select.integer(1)) else { continue }
            rows.append(
                LedgerRow(
                    id: select.integer(0), authority: pair.authority, profile: pair.profile,
                    request: select.blob(2), serial: select.isNull(3) ? nil : select.blob(3),
                    keyID: select.blob(4),
                    device: select.isNull(5) ? nil : DeviceUUID(bytes: select.blob(5)[...]),
                    subject: select.text(6), isAttested: !select.isNull(7), isCurrent: select.integer(8) == 0,
                    reason: select.isNull(9) ? nil : select.integer(9)))
        }
        return rows
    }
}
