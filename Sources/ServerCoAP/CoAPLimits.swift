/// What devices may take of the service over CoAP.
package struct CoAPLimits: Sendable {
    /// Sessions and handshakes at once, about 50 kB each. Over it the oldest that is nobody's gives way, if it is ten seconds
    /// old, or else the one that was silent longest, if it was silent for a minute.
    package var sessions = 20_000
    /// Seconds of silence after which a session ends. A device is off the network for up to four minutes while it executes.
    package var idle: UInt64 = 600
    /// Seconds after the handshake within which a device has to authenticate; otherwise its session ends.
    package var stranger: UInt64 = 60
    /// Seconds that requests may take to end once the service was asked to stop.
    package var grace: UInt64 = 10

    /// Seconds for which a session stays authenticated, said as Max-Age: 30 days.
    static let authenticated: UInt32 = 2_592_000
    /// Octets of a body before a session is authenticated: a JWT has about 400.
    static let strangersBody = 4 << 10
    /// Octets of a device's body; its transmit buffer is smaller.
    static let deviceBody = 16 << 10
    /// Seconds from a request within which work on it has to begin: a client waits six from the acknowledgement at one.
    static let patience: UInt64 = 5
    /// Seconds after which a device that was told 5.03 for want of room may come again.
    static let overload: UInt32 = 5
    /// Seconds between two words of hellos that found no room.
    static let refusalNotes: UInt64 = 60
    /// Octets of a datagram: a message of 2,048 in a record.
    static let datagram = 2_304
    /// Octets of datagrams that the system keeps while others are worked on: a herd arrives within a second.
    static let receiveBuffer = 8 << 20

    package init() {}
}
