/// What happens to something that is sent.
package enum JournalEvent: Sendable, Equatable {
    /// A run is about to send it, and notes this of it. What failed is sent again only where that is asked for.
    case intended(retriesFailed: Bool, note: String = "")
    /// A run that has it in hand learned something that the run after it has to know: the note grows by this word.
    case noted(String)
    /// A run takes what another one, which is gone, or it itself left without knowing what came of it; it asks the service.
    case adopted
    /// No answer came, or none that says anything.
    case unanswered
    /// The service does not have it: it was never sent, or the service was asked.
    case notTaken
    /// The service has it; the id that it gave, where it gave one.
    case accepted(note: String)
    /// The service said no, and why.
    case refused(note: String)
}
