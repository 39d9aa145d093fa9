/// What one peer may take of a server.
public struct ServerLimits: Sendable {
    /// Octets of a request's body, of one block or of many, to begin with (``ServerEndpoint/bodyLimit``).
    public var body = 16 << 10
    /// Message IDs whose answers are kept.
    public var exchanges = 256
    /// Octets of all answers that are kept.
    public var keptAnswers = 32 << 10
    /// Requests that are worked on at once; more are told 5.03.
    public var openRequests = 4
    /// Answers with a message ID of their own that wait for an acknowledgement; over it the oldest is not repeated any more.
    public var unacknowledged = 8
    /// Bodies that are received in blocks at once; a further one replaces the one that rests longest.
    public var uploads = 2
    /// The largest blocks of an answer.
    public var blockSize = BlockOption.Size.octets1024
    /// The blocks of an answer to a client that asks for no size.
    public var unaskedBlockSize = BlockOption.Size.octets256
    /// Seconds after which a client that was told 5.03 by the endpoint itself may come again.
    public var overloadMaxAge: UInt32 = 5

    public init() {}
}
