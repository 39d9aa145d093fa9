/// One thing that is sent, and how far it came.
package struct JournalEntry: Sendable, Equatable {
    package var state: EntryState
    /// How often it was begun to send it, from 1.
    package var attempt: Int64
    /// The run that worked on it last.
    package var run: Int64
    /// What the service said: why not, or the id that it gave. Of what is in hand: what has to be known to ask for it, words
    /// with a space between them, of which none is lost before its end is known.
    package var note: String

    package init(state: EntryState, attempt: Int64, run: Int64, note: String = "") {
        self.state = state
        self.attempt = attempt
        self.run = run
        self.note = note
    }

    /// Whether a run has it in hand.
    package var isInHand: Bool { state == .intended || state == .unknown }

    /// Whether this may come after `other`: a later state of the same attempt, or a later attempt at what is not accepted.
    /// The note of what stays in hand only grows.
    package func follows(_ other: JournalEntry) -> Bool {
        if other.state == .accepted { return self == other }
        if attempt == other.attempt, isInHand, other.isInHand, !note.utf8.starts(with: other.note.utf8) {
            return false
        }
        return attempt > other.attempt
            || attempt == other.attempt && state.rawValue >= other.state.rawValue
    }
}
