/// A datagram that is no message, and how it is refused (RFC 7252 sections 3, 4.2 and 4.3).
public struct MalformedMessage: Error, Sendable, Equatable {
    public enum Reason: Sendable, Equatable, CaseIterable {
        /// Fewer than the four octets of the header.
        case header
        /// Not version 1; such a message is ignored whatever it is.
        case version
        /// More octets than ``Message/maximumSize``.
        case size
        /// A token length of 9 to 15, or a token that is cut.
        case token
        /// Code 1.xx, 6.xx or 7.xx.
        case reservedCode
        /// Code 0.00 with anything behind the header.
        case emptyWithContent
        /// A type that a message of this code cannot have: an empty non-confirmable, a request that acknowledges, a reset
        /// with a code.
        case type
        /// The reserved delta or length 15, a number above 65,535, or an option that is cut.
        case option
        /// More options than ``Message/maximumOptions``.
        case optionCount
        /// The marker with nothing behind it.
        case emptyPayload
    }

    public let reason: Reason
    /// The ID of the message that a reset refuses; nil where it is passed over in silence.
    public let resetID: UInt16?

    /// The reset that refuses it.
    public var answer: Message? { resetID.map { .empty(.reset, messageID: $0) } }
}
