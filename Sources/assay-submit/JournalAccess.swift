import Diagnostics
import InputOutput
import Journal
import Store
import Submission

/// The journal of a run: its number, the run's, and which runs are at work.
struct JournalAccess {
    let journal: Int64
    let run: Int64
    let presence: PresenceFile

    /// Begins a run in the journal of this kind.
    init(
        _ kind: JournalScope.Kind, _ store: SQLiteStore, at address: ServiceAddress, team: String, now: Int64
    ) throws(ToolError) {
        presence = try PresenceFile(store.path + "-runs")
        journal = try store.journal(JournalScope(kind: kind, service: address.provisioning, team: team))
        run = try store.beginRun(at: now)
        try presence.hold(run)
    }

    /// Whether a run of this number is at work.
    var isAlive: @Sendable (Int64) -> Bool {
        { [presence] number in presence.isHeld(number) }
    }
}
