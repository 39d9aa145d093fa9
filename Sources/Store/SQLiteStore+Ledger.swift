public import Diagnostics
import SQLite

extension SQLiteStore: IssuanceLedger {
    public func exchange(
        _ signed: [SignedIntent], _ intents: [IssuanceIntent], reissue: Bool, at time: Int64
    ) throws(ToolError) -> (taken: [Int: TakenEntry], outcomes: [IntentOutcome]) {
        try write("cannot write to the ledger") { () throws(SQLiteError) in
            var exchange = try LedgerExchange(self, reissueAfter: reissue ? reissueFloor : nil, at: time)
            if reissue, reissueFloor == nil { reissueFloor = exchange.lastRowBefore }
            var taken: [Int: TakenEntry] = [:]
            for (place, entry) in signed.enumerated() {
                if let other = try exchange.enter(entry) { taken[place] = other }
            }
            var outcomes: [IntentOutcome] = []
            outcomes.reserveCapacity(intents.count)
            for intent in intents { outcomes.append(try exchange.note(intent, reissue: reissue)) }
            return (taken, outcomes)
        }
    }

    /// Moves pages from the log to the file, as far as nobody reads them.
    public func settle() {
        // What does not come about now, comes about when the file is closed.
        try? connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    }
}

extension SQLiteStore {
    /// A certificate of a CA that was revoked for whatever reason makes no more, unless it was renewed for the same key;
    /// a key that was compromised never does.
    public func refusal(ofAuthority certificate: [UInt8], keyID: [UInt8]) throws(ToolError) -> CheckFailure? {
        try read("cannot read the ledger") { () throws(SQLiteError) in
            for id in try rows(ofKey: keyID) {
                guard let row = try issuance(id: id), row.keyID == keyID, row.revokedAt != nil else {
                    continue
                }
                let isCompromised = [LedgerExchange.keyCompromise, Self.authorityCompromise].contains(
                    row.reason)
                guard isCompromised || row.certificate == certificate else { continue }
                return CheckFailure(
                    .revoked,
                    isCompromised
                        ? "the key of the CA was revoked as compromised in this ledger"
                        : "the certificate of the CA was revoked in this ledger")
            }
            return nil
        }
    }

    private static let authorityCompromise: Int64 = 2
}

extension SQLiteStore: CertificateRegister {
    public func standing(
        authority: [UInt8], profile: String, request: [UInt8], keyID: [UInt8]
    ) throws(ToolError) -> IssuanceRecord? {
        try read("cannot read the ledger") { () throws(SQLiteError) in
            var found: IssuanceRecord?
            for id in try rows(ofKey: keyID) {
                guard let row = try issuance(id: id), row.keyID == keyID else { continue }
                if row.reason == LedgerExchange.keyCompromise { return nil }
                if row.request == request, row.authority == authority, row.profile == profile, row.isCurrent,
                    row.certificate != nil, row.revokedAt == nil
                {
                    found = row
                }
            }
            return found
        }
    }

    func rows(ofKey keyID: [UInt8]) throws(SQLiteError) -> [Int64] {
        let select = try statement(Mark.rows(of: "?1"))
        select.begin()
        try select.set(1, Mark.key(keyID))
        var rows: [Int64] = []
        while try select.step() { rows.append(select.integer(0)) }
        return rows
    }
}
