public import Diagnostics
public import Ledger
import SQLite

/// A ledger as a dry run asks it: it answers by the rules of the ledger itself (``LedgerExchange``), what it promised
/// before included, and keeps nothing.
///
/// Its connection only reads, so that no fault of these rules can write. One instance belongs to one thread.
public final class LedgerPreview: IssuanceLedger {
    private let store: SQLiteStore
    private let plan: PlannedRows

    /// - Parameter store: a connection of its own, opened for reading alone.
    public init(_ store: SQLiteStore) throws(ToolError) {
        self.store = store
        plan = try store.read("cannot plan beside the ledger") { () throws(SQLiteError) in
            try PlannedRows(store)
        }
    }

    /// Answers each intent as the ledger would, if all that was to be signed before had been signed.
    ///
    /// What an earlier intent of the dry run stands for is ``IntentOutcome/sameAs(id:)``, also of an earlier call.
    public func exchange(
        _ signed: [SignedIntent], _ intents: [IssuanceIntent], reissue: Bool, at time: Int64
    ) throws(ToolError) -> (taken: [Int: TakenEntry], outcomes: [IntentOutcome]) {
        guard signed.isEmpty else { throw ToolError(.internalFault, "a dry run has no certificate to enter") }
        let outcomes = try store.reading { () throws(ToolError) in
            try store.read("cannot read the ledger") { () throws(SQLiteError) in
                var exchange = try LedgerExchange(store, planning: plan, at: time)
                var outcomes: [IntentOutcome] = []
                outcomes.reserveCapacity(intents.count)
                for intent in intents { outcomes.append(try exchange.note(intent, reissue: reissue)) }
                exchange.remember()
                return outcomes
            }
        }
        return ([:], outcomes)
    }

    public func settle() {}

    public func refusal(ofAuthority certificate: [UInt8], keyID: [UInt8]) throws(ToolError) -> CheckFailure? {
        try store.refusal(ofAuthority: certificate, keyID: keyID)
    }
}
