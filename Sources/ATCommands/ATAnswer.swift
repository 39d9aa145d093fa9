/// What a modem made of a command.
public enum ATAnswer: Sendable, Equatable {
    /// `OK`, with the information that stood before it, without its prefix.
    case ok([String])
    /// `+CME ERROR: N`
    case refused(UInt32)
    /// `+CME ERROR:` with words (`+CMEE=2`).
    case refusedInWords(String)
    /// `ERROR`: the command is not known, or errors have no numbers.
    case failed
    /// A shell that has no such command.
    case notFound
}
