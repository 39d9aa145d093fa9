/// A session of a ``DTLSServer``, never used twice.
public struct DTLSSessionID: Sendable, Hashable {
    let number: UInt64
}

/// What came to a ``DTLSServer``.
public enum DTLSEvent: Sendable, Equatable {
    /// A handshake is complete. A resumed session has the keys of an earlier one and nothing else of it: who the peer is
    /// has to be asked again.
    case established(DTLSSessionID, peer: [UInt8], isResumed: Bool)
    /// One record's worth of the peer's data, authentic and never delivered twice.
    case message(DTLSSessionID, [UInt8])
    /// The session is gone; it was established before.
    case closed(DTLSSessionID, DTLSClosing)
}

/// Why a session ended.
public enum DTLSClosing: Sendable, Equatable {
    /// The peer said so.
    case byPeer
    /// The same address completed another handshake (RFC 6347 section 4.2.8).
    case replaced
    /// Nothing authentic came for as long as ``DTLSServer/Limits/idle``.
    case idle
    /// Nobody recognized it for as long as ``DTLSServer/Limits/stranger``.
    case stranger
    /// A new session needed the room, and of all sessions nothing came from this one for the longest time.
    case crowded
    /// Libssl's reason.
    case failed(String)
}
