/// The rules by which nothing is sent twice and nothing is forgotten: functions of what is known, without a database.
package enum JournalRules {
    /// What is to be done about something that a run wants to have sent.
    package enum Decision: Sendable, Equatable {
        /// Send it now.
        case send
        /// Ask the service first whether it has it; what was noted while it was in hand.
        case ask(note: String)
        /// Another run has it in hand: look again later.
        case busy
        /// The service has it.
        case accepted(note: String)
        /// The service said no before.
        case failed(note: String)
    }

    /// - Parameters:
    ///   - entry: what is known; `nil` of what was never seen.
    ///   - note: what is noted of it if it is sent.
    ///   - isAlive: whether a run is still at work.
    /// - Returns: the decision, and the event that has to be on disk before it is acted upon.
    package static func decide(
        _ entry: JournalEntry?, by run: Int64, retriesFailed: Bool, note: String = "",
        isAlive: (Int64) -> Bool
    ) -> (decision: Decision, event: JournalEvent?) {
        guard let entry else { return (.send, .intended(retriesFailed: false, note: note)) }
        switch entry.state {
        case .waiting: return (.send, .intended(retriesFailed: false, note: note))
        case .intended, .unknown:
            guard entry.run == run || !isAlive(entry.run) else { return (.busy, nil) }
            return (.ask(note: entry.note), .adopted)
        case .failed:
            // Once a run: what failed in this one is its result.
            guard retriesFailed, entry.run != run else { return (.failed(note: entry.note), nil) }
            return (.send, .intended(retriesFailed: true, note: note))
        case .accepted: return (.accepted(note: entry.note), nil)
        }
    }

    /// The entry after an event; `nil` where the event cannot happen to it.
    package static func next(_ entry: JournalEntry?, by run: Int64, on event: JournalEvent) -> JournalEntry? {
        guard let entry else {
            guard case .intended(_, let note) = event else { return nil }
            return JournalEntry(state: .intended, attempt: 1, run: run, note: note)
        }
        func become(_ state: EntryState, note: String = "") -> JournalEntry? {
            // Nobody knows the outcome of what another run has in hand.
            guard entry.isInHand, entry.run == run else { return nil }
            return JournalEntry(state: state, attempt: entry.attempt, run: run, note: note)
        }
        switch event {
        case .intended(let retriesFailed, let note):
            guard entry.state == .waiting || entry.state == .failed && retriesFailed,
                entry.attempt < .max
            else { return nil }
            return JournalEntry(state: .intended, attempt: entry.attempt + 1, run: run, note: note)
        case .adopted:
            guard entry.isInHand else { return nil }
            return JournalEntry(state: .unknown, attempt: entry.attempt, run: run, note: entry.note)
        case .noted(let word):
            let isKnown = entry.note.split(separator: " ").contains { $0.utf8.elementsEqual(word.utf8) }
            let note = isKnown ? entry.note : entry.note + (entry.note.isEmpty ? "" : " ") + word
            return become(entry.state, note: note)
        case .unanswered: return become(.unknown, note: entry.note)
        case .notTaken: return become(.waiting)
        case .accepted(let note): return become(.accepted, note: note)
        case .refused(let note): return become(.failed, note: note)
        }
    }
}
