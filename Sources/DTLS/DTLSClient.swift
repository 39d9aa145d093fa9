public import OpenSSL

/// What came to a ``DTLSClient``.
public enum DTLSClientEvent: Sendable, Equatable {
    /// The handshake is complete and the server is who it should be.
    case established(isResumed: Bool)
    case message([UInt8])
    /// It is over, before or after the handshake; no other event follows.
    case closed(DTLSClosing)
}

/// The client's side of one DTLS 1.2 session: datagrams and times in, events and datagrams out.
///
/// Confined to one event loop, as ``DTLSServer`` is. Times are nanoseconds of a clock that only goes forward. For how long
/// a handshake may go on is the caller's to say; libssl gives up after twelve retransmissions.
public final class DTLSClient {
    private enum State {
        case new
        case handshaking
        case established
        case closed
    }

    private let exchange: DatagramExchange
    private let connection: Connection
    private var state = State.new
    private var deadline: UInt64?

    /// - Parameters:
    ///   - session: one of an earlier client, to be resumed if the server still knows it.
    ///   - mtu: octets of a datagram in a handshake, without the headers of IP and UDP.
    ///   - firstTimeout: microseconds until the first retransmission of a flight; doubled from one to the next.
    /// - Throws: ``OpenSSLError`` if the name cannot be one, or memory is exhausted.
    public init(
        _ context: DTLSClientContext, to name: DTLSServerName, resuming session: DTLSClientSession? = nil,
        mtu: Int = 1232, firstTimeout: Int = 1_000_000
    ) throws(OpenSSLError) {
        exchange = DatagramExchange(mtu: mtu, firstTimeout: firstTimeout)
        connection = try Connection(context.pointer, over: exchange)
        try connection.setClient(of: name, resuming: session)
    }

    /// Begins the handshake.
    public func start(at now: UInt64) -> [DTLSClientEvent] {
        guard case .new = state else { return [] }
        state = .handshaking
        return proceed(at: now)
    }

    /// What a datagram led to.
    public func receive(_ datagram: [UInt8], at now: UInt64) -> [DTLSClientEvent] {
        guard isOpen, let (_, datagram) = RecordHeader.presentable(datagram) else { return [] }
        return exchange.offering(datagram) { proceed(at: now) }
    }

    /// The datagrams to send since the last call, in their order.
    public func takeDatagrams() -> [[UInt8]] { exchange.take() }

    /// Sends one message as one record; false before the handshake is complete, after the end, and of a message that
    /// cannot be sent.
    @discardableResult
    public func send(_ message: [UInt8]) -> Bool {
        guard case .established = state else { return false }
        defer { connection.releaseBuffers() }
        return connection.write(message)
    }

    /// Ends the session and tells the server; no event follows.
    public func close() {
        if case .established = state { connection.shutDown() }
        state = .closed
        deadline = nil
    }

    /// When ``tick(at:)`` has something to do; nil if never.
    public var nextDeadline: UInt64? { deadline }

    /// Sends again what has been waited for too long.
    public func tick(at now: UInt64) -> [DTLSClientEvent] {
        guard isOpen, let due = deadline, due <= now else { return [] }
        guard connection.handleTimeout() else { return end(.failed("the server did not answer")) }
        schedule(at: now)
        return []
    }

    /// What a later client may resume; nil before the handshake is complete.
    public var session: DTLSClientSession? {
        guard case .established = state else { return nil }
        return connection.session
    }

    /// The suite agreed upon, as OpenSSL calls it.
    public var suite: String? { connection.suite }

    private var isOpen: Bool {
        switch state {
        case .handshaking, .established: true
        case .new, .closed: false
        }
    }

    private func proceed(at now: UInt64) -> [DTLSClientEvent] {
        var events: [DTLSClientEvent] = []
        if case .handshaking = state {
            switch connection.handshake() {
            case .waiting:
                schedule(at: now)
                return []
            case .failed(let reason): return end(.failed(reason))
            case .finished:
                state = .established
                events.append(.established(isResumed: connection.isResumed))
            }
        }
        switch connection.read({ events.append(.message($0)) }) {
        case .drained:
            connection.releaseBuffers()
            schedule(at: now)
        case .closed:
            connection.shutDown()
            events += end(.byPeer)
        case .failed(let reason): events += end(.failed(reason))
        }
        return events
    }

    private func end(_ closing: DTLSClosing) -> [DTLSClientEvent] {
        state = .closed
        deadline = nil
        return [.closed(closing)]
    }

    private func schedule(at now: UInt64) {
        // What libssl holds for due it may not yet do: never at once again.
        deadline = connection.timeout.map { now &+ max($0, 1_000_000) }
    }
}
