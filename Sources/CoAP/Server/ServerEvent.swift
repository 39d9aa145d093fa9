/// What a server's endpoint makes of a datagram.
public enum ServerEvent: Sendable, Equatable {
    /// To be sent to the peer.
    case send([UInt8])
    /// To be answered by ``ServerEndpoint/respond(to:with:at:)``, once.
    case request(Request)
}
