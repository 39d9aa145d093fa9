package import NIOCore

/// What one client may take of the service.
package struct HTTPLimits: Sendable {
    /// How long a client may take: to connect and send a request's head, to send its body, to read the answer, and to
    /// think between two requests.
    package var requestTimeout: TimeAmount = .seconds(60)
    /// Connections at once. More wait in the system's queue, where a device's attempt times out and is repeated
    /// soon, whereas one that is refused would wait a day (`FAILED_WRONG_ROOT_CA`).
    package var connections = 1000
    /// How long requests may take to end once the service was asked to stop.
    package var grace: TimeAmount = .seconds(10)

    /// Octets of an operator's body; a claim of 1,000 rows has about 250,000.
    static let operatorBody = 1 << 20
    /// Octets of a device's body; its transmit buffer is smaller.
    static let deviceBody = 16 << 10
    /// Octets of all bodies that are held at once.
    static let heldBodies = 64 << 20
    /// Octets of a request's target and of one header field.
    static let headerField = 8 << 10
    /// Octets of all header fields.
    static let headerList = 16 << 10
    static let headerCount = 64
    /// Octets of an answer to a device that are written at once: each write is one TLS record, and a modem takes
    /// records of about 2,000 octets at most.
    static let deviceWrite = 1000
    /// Octets of an unread body that are dropped so that the client reads why it was refused.
    static let discarded = 1 << 20
    /// How long that may take.
    static let discardTime: TimeAmount = .seconds(2)

    package init() {}
}
