/// The type of a message (RFC 7252 section 3).
public enum MessageType: UInt8, Sendable, CaseIterable {
    /// Repeated until it is acknowledged.
    case confirmable = 0
    case nonConfirmable = 1
    case acknowledgement = 2
    case reset = 3
}
