import Diagnostics
import Journal
import Store

/// A journal in one thread's hands, for what is sent one by one.
struct JournalHand {
    let plan: ClaimSubmission.Plan
    let clock: SubmissionClock
    let store: SQLiteStore

    /// What is to be done about a key; what has to be on disk before it is done, is.
    ///
    /// - Parameter note: what is noted of it while it is in hand.
    func take(_ key: [UInt8], note: String = "") throws(ToolError) -> JournalRules.Decision {
        try store.take(
            [key], in: plan.journal, by: plan.run, retriesFailed: plan.retriesFailed, note: note,
            at: clock.seconds, isAlive: plan.isAlive
        ).first ?? .busy
    }

    func record(_ key: [UInt8], _ event: JournalEvent) throws(ToolError) {
        try store.record([(key, event)], in: plan.journal, by: plan.run, at: clock.seconds)
    }
}
