/// What became of a client's request.
public enum ClientOutcome: Sendable, Equatable {
    case response(ClientResponse)
    /// The server has refused the message with a reset.
    case reset
    /// Nothing came in time.
    case timedOut
    /// The request was acknowledged, but the answer did not follow in time.
    case timedOutAfterAcknowledgement
    /// The body, or one datagram of it, is longer than there is room for.
    case tooLarge
    /// What came is no answer, for this reason.
    case malformed(String)
}

/// An answer with its whole body.
public struct ClientResponse: Sendable, Equatable {
    public let code: Code
    public let contentFormat: ContentFormat?
    /// Seconds; nil where the server says nothing.
    public let maxAge: UInt32?
    public let body: [UInt8]

    public init(code: Code, contentFormat: ContentFormat? = nil, maxAge: UInt32? = nil, body: [UInt8] = []) {
        self.code = code
        self.contentFormat = contentFormat
        self.maxAge = maxAge
        self.body = body
    }
}
