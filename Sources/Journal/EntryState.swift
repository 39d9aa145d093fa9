/// What is known of one thing that is sent to a service: a row that claims a device, a command, a rule.
///
/// The raw values order the states of one attempt: each may only be left for a later one.
package enum EntryState: Int64, Sendable, CaseIterable {
    /// It is being sent: the service may have it or not.
    case intended = 0
    /// It may have been sent, and nobody knows what came of it.
    case unknown = 1
    /// The service does not have it, and nobody said no: it may be sent again.
    case waiting = 2
    /// The service said no.
    case failed = 3
    /// The service has it.
    case accepted = 4
}
