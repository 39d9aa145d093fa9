/// What a client's endpoint has to say.
public enum ClientEvent: Sendable, Equatable {
    /// To be sent to the server.
    case send([UInt8])
    /// The end of a request; it comes once for each.
    case finished(ClientEndpoint.ExchangeID, ClientOutcome)
}
