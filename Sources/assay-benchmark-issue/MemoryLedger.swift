import Diagnostics
import Ledger

/// A ledger in memory that knows every key it has seen.
final class MemoryLedger: IssuanceLedger {
    private var keys: Set<[UInt8]> = []
    private var lastRow: Int64 = 0

    func exchange(
        _ signed: [SignedIntent], _ intents: [IssuanceIntent], reissue: Bool, at time: Int64
    ) throws(ToolError) -> (taken: [Int: TakenEntry], outcomes: [IntentOutcome]) {
        let outcomes = intents.map { intent -> IntentOutcome in
            guard keys.insert(intent.keyID).inserted else {
                return .rejected(CheckFailure(.keyReused, "the public key came twice"))
            }
            lastRow += 1
            return .sign(.init(id: lastRow, intent: intent, isOwn: true, intendedAt: time))
        }
        return ([:], outcomes)
    }

    func settle() {}
}
