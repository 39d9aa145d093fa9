import Diagnostics
import Journal
import Store
import Submission

/// The journals of one kind of a service, of whatever team: who only reads them needs no key.
struct JournalReader {
    private let store: SQLiteStore?
    private var journals: [Int64] = []

    init(_ store: SQLiteStore?, kind: JournalScope.Kind, at address: ServiceAddress) throws(ToolError) {
        self.store = store
        guard let store else { return }
        for team in try store.journalTeams(kind, service: address.provisioning) {
            let scope = JournalScope(kind: kind, service: address.provisioning, team: team)
            if let number = try store.existingJournal(scope) { journals.append(number) }
        }
    }

    /// What is known of a key, in the journal that knows most of it.
    func entry(_ key: [UInt8]) throws(ToolError) -> JournalEntry? {
        var best: JournalEntry?
        for journal in journals {
            guard let entry = try store?.entry(key, in: journal) else { continue }
            if best.map({ entry.state.rawValue > $0.state.rawValue }) ?? true { best = entry }
        }
        return best
    }
}
