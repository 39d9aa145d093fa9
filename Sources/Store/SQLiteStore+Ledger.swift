public import Diagnostics
public import Ledger
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
    public func refusal(ofAuthority certificate: [UInt8], keyID: [UInt8]) throws(ToolError) -> CheckFailure? {
        let refusal = try read("cannot read the ledger") { () throws(SQLiteError) in
            LedgerRules.refusal(ofAuthority: certificate, rows: try records(ofKey: keyID))
        }
        if let refusal { return refusal }
        return try otherSpelling(ofAuthority: certificate)
    }
}

extension SQLiteStore: CertificateRegister {
    public func standing(
        authority: [UInt8], profile: String, request: [UInt8], keyID: [UInt8]
    ) throws(ToolError) -> IssuanceRecord? {
        try read("cannot read the ledger") { () throws(SQLiteError) in
            LedgerRules.standing(
                among: try records(ofKey: keyID), authority: authority, profile: profile, request: request)
        }
    }

    /// All rows with a key, SHA-256 of its SubjectPublicKeyInfo.
    func records(ofKey keyID: [UInt8]) throws(SQLiteError) -> [IssuanceRecord] {
        var records: [IssuanceRecord] = []
        for id in try rows(ofKey: keyID) {
            if let row = try issuance(id: id), row.keyID == keyID { records.append(row) }
        }
        return records
    }

    private func rows(ofKey keyID: [UInt8]) throws(SQLiteError) -> [Int64] {
        let select = try statement(LookupIndex.rows(of: "?1"))
        select.begin()
        try select.set(1, LookupSecret.publicKey(keyID).bits)
        var rows: [Int64] = []
        while try select.step() { rows.append(select.integer(0)) }
        return rows
    }
}
