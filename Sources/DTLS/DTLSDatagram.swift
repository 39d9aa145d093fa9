/// A datagram that an engine wants sent.
public struct DTLSDatagram: Sendable, Equatable {
    /// The address as the caller gave it; opaque to the engine.
    public let peer: [UInt8]
    public let octets: [UInt8]

    public init(peer: [UInt8], octets: [UInt8]) {
        self.peer = peer
        self.octets = octets
    }
}
