import COpenSSLTLS
import OpenSSL

/// The server's side of DTLS 1.2 for any number of peers: datagrams and times in, events and datagrams out.
///
/// Nothing is kept for an address before it has shown that it receives what is sent to it (cookie, RFC 6347 section
/// 4.2.1); until then no answer is longer than what it answers. Datagrams that mean nothing are dropped without a word.
/// An engine is confined to one event loop: it has no lock, and each call ends before the next begins.
///
/// ```
/// for event in server.receive(datagram, from: peer, at: now) { … }
/// for datagram in server.takeDatagrams() { socket.write(datagram) }
/// timer.set(server.nextDeadline) { for event in server.tick(at: now) { … } }
/// ```
///
/// Times are nanoseconds of a clock that only goes forward.
public final class DTLSServer {
    /// What bounds memory and work.
    public struct Limits: Sendable {
        /// Sessions and handshakes at once.
        public var sessions = 20_000
        /// Handshakes at once, of addresses that are proven.
        public var handshakes = 2_000
        /// Of those, handshakes of one network. Mobile networks put many devices behind one address, and a herd comes at
        /// once.
        public var networkHandshakes = 256
        /// Nanoseconds within which a handshake has to be complete.
        public var handshake: UInt64 = 60_000_000_000
        /// Nanoseconds after which a new handshake may take the room of one that is not complete.
        public var patience: UInt64 = 10_000_000_000
        /// Nanoseconds after which a session of which nothing authentic was heard is closed.
        public var idle: UInt64 = 600_000_000_000
        /// Nanoseconds after which a session is closed that nobody recognized (``DTLSServer/recognize(_:at:)``), whatever
        /// comes in it; nil where every session is recognized from the beginning.
        public var stranger: UInt64?
        /// Nanoseconds after which a new handshake may take the room of a session of which nothing was heard.
        public var spare: UInt64 = 60_000_000_000
        /// Octets of a datagram in a handshake, without the headers of IP and UDP.
        public var mtu = 1232
        /// Microseconds until the first retransmission of a flight; doubled from one to the next.
        public var firstTimeout = 1_000_000

        public init() {}
    }

    /// What became of the datagrams so far.
    public struct Counts: Sendable, Equatable {
        /// Hellos without the right cookie, each answered with one.
        public var cookies = 0
        /// Handshakes begun, the cookie being right.
        public var handshakes = 0
        /// Handshakes completed, resumed ones included.
        public var completed = 0
        public var resumed = 0
        /// Handshakes that failed or took too long.
        public var failed = 0
        /// Hellos that found no room.
        public var refused = 0
        /// Datagrams that meant nothing.
        public var dropped = 0

        public init() {}
    }

    /// What a peer has: a session, and a handshake that may replace it.
    private struct Peer {
        var session: Association?
        var handshake: Association?
    }

    private let limits: Limits
    private var context: DTLSServerContext
    private let exchange: DatagramExchange
    private let secret: [UInt8]
    /// Takes hellos of unknown peers; made anew when a peer took it with it.
    private var listener: Connection?
    private var peers: [[UInt8]: Peer] = [:]
    private var established: [DTLSSessionID: Association] = [:]
    private var sessions = RecencyList()
    /// Sessions that nobody has recognized, in the order of their handshakes' ends.
    private var strangers = RecencyList()
    private var handshakes = RecencyList()
    /// Handshakes of each network that has any.
    private var handshakesOf: [[UInt8]: Int] = [:]
    private let network: ([UInt8]) -> [UInt8]
    private var retransmissions = DeadlineHeap<Association>()
    private var lastNumber: UInt64 = 0
    private var outgoing: [DTLSDatagram] = []

    public private(set) var counts = Counts()
    public var sessionCount: Int { sessions.count + strangers.count }
    public var handshakeCount: Int { handshakes.count }

    /// - Parameters:
    ///   - secret: random octets known to nobody else, from which cookies follow.
    ///   - network: what one party has of addresses, for a peer: the address without its port, or a part of it.
    public init(
        _ context: DTLSServerContext, limits: Limits = Limits(), secret: [UInt8],
        network: @escaping ([UInt8]) -> [UInt8] = { $0 }
    ) {
        self.network = network
        self.context = context
        self.limits = limits
        self.secret = secret
        exchange = DatagramExchange(mtu: limits.mtu, firstTimeout: limits.firstTimeout)
    }

    deinit {
        // One by one: each holds the next, and to let go of the first alone would recurse through all of them.
        while let association = sessions.first { sessions.remove(association) }
        while let association = strangers.first { strangers.remove(association) }
        while let association = handshakes.first { handshakes.remove(association) }
    }

    /// New handshakes get the certificate of `context`; sessions of the old one can no longer be resumed.
    public func use(_ context: DTLSServerContext) {
        self.context = context
        listener = nil
    }

    // MARK: Datagrams

    /// What a datagram led to.
    ///
    /// - Parameter peer: the octets of the address and port from which it came, in any form that is the same each time.
    public func receive(_ datagram: [UInt8], from peer: [UInt8], at now: UInt64) -> [DTLSEvent] {
        guard let (record, datagram) = RecordHeader.presentable(datagram) else {
            counts.dropped += 1
            return []
        }
        var events: [DTLSEvent] = []
        if let hello = HelloHeader(datagram, record) {
            // Alone: what stands behind the first hello libssl would keep for later.
            greet(hello, Array(datagram.prefix(record.size)), from: peer, at: now, &events)
            return events
        }
        guard let known = peers[peer] else {
            counts.dropped += 1
            return []
        }
        switch (known.session, known.handshake) {
        case (let session?, nil): feed(session, datagram, at: now, &events)
        case (nil, let handshake?): feed(handshake, datagram, at: now, &events)
        case (let session?, let handshake?):
            // Which keys it is under, only trying tells. Records of the other association fail there without a trace.
            let isOfSession = record.epoch > 0 && record.content != .handshake
            if !isOfSession || !feed(session, datagram, at: now, &events) {
                feed(handshake, datagram, at: now, &events)
            }
        case (nil, nil): counts.dropped += 1
        }
        return events
    }

    /// The datagrams to send since the last call, in their order.
    public func takeDatagrams() -> [DTLSDatagram] {
        defer { outgoing.removeAll(keepingCapacity: true) }
        return outgoing
    }

    // MARK: Sessions

    /// Sends one message as one record; false if there is no such session or the message cannot be sent.
    ///
    /// - Parameter message: at least one octet; DTLS does not divide it, so it has to fit a datagram with up to 93 octets
    ///   more.
    @discardableResult
    public func send(_ message: [UInt8], to session: DTLSSessionID) -> Bool {
        guard let association = established[session] else { return false }
        let isSent = association.connection.write(message)
        association.connection.releaseBuffers()
        collect(for: association.peer)
        return isSent
    }

    /// Ends a session and tells the peer; no event follows.
    public func close(_ session: DTLSSessionID) {
        guard let association = established[session] else { return }
        remove(association, tellingPeer: true)
    }

    /// Says that a session's peer is known: from now on it lives for as long as something comes.
    public func recognize(_ session: DTLSSessionID, at now: UInt64) {
        guard let association = established[session], association.isStranger else { return }
        strangers.remove(association)
        association.isStranger = false
        association.lastHeard = now
        sessions.append(association)
    }

    /// The suite agreed upon, as OpenSSL calls it.
    public func suite(of session: DTLSSessionID) -> String? { established[session]?.connection.suite }

    // MARK: Time

    /// When ``tick(at:)`` has something to do, at the latest; nil if never.
    public var nextDeadline: UInt64? {
        // What has another deadline by now, or none, stands here for nothing.
        while let first = retransmissions.first, first.subject.scheduled != first.deadline {
            retransmissions.removeFirst()
        }
        return [
            retransmissions.first?.deadline,
            handshakes.first.map { $0.lastHeard &+ limits.handshake },
            sessions.first.map { $0.lastHeard &+ limits.idle },
            strangers.first.map { $0.lastHeard &+ strangerLife },
        ].compactMap { $0 }.min()
    }

    private var strangerLife: UInt64 { limits.stranger ?? limits.idle }

    /// Sends again what has been waited for too long, and ends what has been silent too long.
    public func tick(at now: UInt64) -> [DTLSEvent] {
        var events: [DTLSEvent] = []
        while let (deadline, association) = retransmissions.popFirst(due: now) {
            guard association.scheduled == deadline else { continue }
            association.scheduled = nil
            guard association.connection.handleTimeout() else {
                collect(for: association.peer)
                end(association, .failed("the peer did not answer"), &events)
                continue
            }
            collect(for: association.peer)
            schedule(association, at: now)
        }
        while let oldest = handshakes.first, oldest.lastHeard &+ limits.handshake <= now {
            end(oldest, .failed("the handshake took too long"), &events)
        }
        while let oldest = sessions.first, oldest.lastHeard &+ limits.idle <= now {
            end(oldest, .idle, &events, tellingPeer: true)
        }
        while let oldest = strangers.first, oldest.lastHeard &+ strangerLife <= now {
            end(oldest, .stranger, &events, tellingPeer: true)
        }
        return events
    }

    // MARK: Handshakes

    private func greet(
        _ hello: HelloHeader, _ datagram: [UInt8], from peer: [UInt8], at now: UInt64,
        _ events: inout [DTLSEvent]
    ) {
        let known = peers[peer]
        if let handshake = known?.handshake, handshake.random == hello.random {
            // The one with the cookie again: libssl knows what it has answered. The one before it came late.
            if hello.sequence > 0 { feed(handshake, datagram, at: now, &events) }
            return
        }
        guard known?.session?.random != hello.random else {
            counts.dropped += 1
            return
        }
        guard let connection = listener ?? (try? makeListener()) else {
            counts.refused += 1
            return
        }
        setCookies(for: peer, hello, at: now)
        switch exchange.offering(datagram, { connection.listen() }) {
        case .broken:
            listener = nil
            counts.dropped += 1
            exchange.discard()
        case .stateless:
            listener = connection
            // Not a record and its length more than came: nobody can be flooded with what we send.
            guard exchange.written > 0, exchange.written <= datagram.count else {
                counts.dropped += 1
                exchange.discard()
                return
            }
            counts.cookies += 1
            collect(for: peer)
        case .accepted:
            listener = nil
            begin(hello, connection, from: peer, at: now, &events)
        }
    }

    /// A handshake with an address that is proven.
    private func begin(
        _ hello: HelloHeader, _ connection: Connection, from peer: [UInt8], at now: UInt64,
        _ events: inout [DTLSEvent]
    ) {
        // Another handshake of the same client: it started anew.
        if let abandoned = peers[peer]?.handshake { end(abandoned, .replaced, &events) }
        let network = network(peer)
        guard makeRoom(for: network, at: now, &events) else {
            counts.refused += 1
            exchange.discard()
            return
        }
        lastNumber &+= 1
        let association = Association(
            id: DTLSSessionID(number: lastNumber), peer: peer, network: network, connection: connection,
            random: hello.random, at: now)
        counts.handshakes += 1
        handshakes.append(association)
        handshakesOf[network, default: 0] += 1
        peers[peer, default: Peer()].handshake = association
        proceed(association, at: now, &events)
        collect(for: peer)
    }

    private func makeRoom(
        for network: [UInt8], at now: UInt64, _ events: inout [DTLSEvent]
    ) -> Bool {
        if handshakesOf[network, default: 0] >= limits.networkHandshakes {
            let patience = min(limits.patience, now)
            guard let oldest = handshakes.first(of: network, silentSince: now - patience) else {
                return false
            }
            end(oldest, .crowded, &events)
        }
        if handshakes.count >= limits.handshakes {
            guard let oldest = handshakes.first, now &- oldest.lastHeard >= limits.patience else {
                return false
            }
            end(oldest, .crowded, &events)
        }
        if handshakes.count + sessionCount >= limits.sessions {
            if let oldest = strangers.first, now &- oldest.lastHeard >= limits.patience {
                end(oldest, .crowded, &events, tellingPeer: true)
                return true
            }
            guard let oldest = sessions.first, now &- oldest.lastHeard >= limits.spare else { return false }
            end(oldest, .crowded, &events, tellingPeer: true)
        }
        return true
    }

    private func makeListener() throws(OpenSSLError) -> Connection {
        let connection = try Connection(context.pointer, over: exchange)
        connection.setServer()
        return connection
    }

    /// Seconds for which a cookie is given out; it is good for as long again.
    private static let cookiePeriod: UInt64 = 300

    /// A cookie is good for one client's hello and no other (RFC 6347 section 4.2.1): whoever has one does not begin
    /// handshakes without end by it.
    private func setCookies(for peer: [UInt8], _ hello: HelloHeader, at now: UInt64) {
        let period = now / 1_000_000_000 / Self.cookiePeriod
        let cookie = { (period: UInt64) in
            let number = (0..<8).map { UInt8(truncatingIfNeeded: period >> ($0 * 8)) }
            // Both before the address have a length that is always the same.
            return KeyDerivation.hmacSHA256(key: self.secret, number + hello.random + peer)
        }
        exchange.setCookies(cookie(period), cookie(period &- 1))
    }

    // MARK: Associations

    /// Gives a datagram to an association; false if nothing authentic was in it, as far as can be told.
    @discardableResult
    private func feed(
        _ association: Association, _ datagram: [UInt8], at now: UInt64, _ events: inout [DTLSEvent]
    ) -> Bool {
        guard !association.isEstablished else { return offer(datagram, to: association, at: now, &events) }
        let (plain, sealed) = HandshakeBudget.split(datagram)
        let readable = association.budget.takePlain(plain)
        if readable.count < plain.count { counts.dropped += 1 }
        if !readable.isEmpty { offer(readable, to: association, at: now, &events) }
        guard !sealed.isEmpty, !association.isOver else { return false }
        guard !association.isEstablished else { return offer(sealed, to: association, at: now, &events) }
        let taken = association.budget.takeSealed(
            sealed, areReadable: association.connection.readsSealed)
        if taken.count < sealed.count { counts.dropped += 1 }
        return taken.isEmpty ? false : offer(taken, to: association, at: now, &events)
    }

    @discardableResult
    private func offer(
        _ records: [UInt8], to association: Association, at now: UInt64, _ events: inout [DTLSEvent]
    ) -> Bool {
        let isAuthentic = exchange.offering(records) { proceed(association, at: now, &events) }
        collect(for: association.peer)
        return isAuthentic
    }

    /// Goes on with what is in the exchange.
    @discardableResult
    private func proceed(
        _ association: Association, at now: UInt64, _ events: inout [DTLSEvent]
    ) -> Bool {
        let connection = association.connection
        if !association.isEstablished {
            switch connection.handshake() {
            case .waiting:
                schedule(association, at: now)
                return false
            case .failed(let reason):
                end(association, .failed(reason), &events)
                return false
            case .finished: establish(association, at: now, &events)
            }
        }
        var isAuthentic = false
        let reading = connection.read { message in
            isAuthentic = true
            events.append(.message(association.id, message))
        }
        if isAuthentic, !association.isStranger {
            association.lastHeard = now
            sessions.moveToEnd(association)
        }
        switch reading {
        case .drained:
            connection.releaseBuffers()
            schedule(association, at: now)
        case .closed:
            end(association, .byPeer, &events, tellingPeer: true)
            return true
        case .failed(let reason): end(association, .failed(reason), &events)
        }
        return isAuthentic
    }

    private func establish(_ association: Association, at now: UInt64, _ events: inout [DTLSEvent]) {
        let isResumed = association.connection.isResumed
        counts.completed += 1
        if isResumed { counts.resumed += 1 }
        removeHandshake(association)
        association.isEstablished = true
        association.lastHeard = now
        association.scheduled = nil
        association.isStranger = limits.stranger != nil
        if association.isStranger { strangers.append(association) } else { sessions.append(association) }
        established[association.id] = association
        let former = peers[association.peer]?.session
        peers[association.peer] = Peer(session: association, handshake: nil)
        if let former {
            forget(former)
            events.append(.closed(former.id, .replaced))
        }
        events.append(.established(association.id, peer: association.peer, isResumed: isResumed))
    }

    private func end(
        _ association: Association, _ closing: DTLSClosing, _ events: inout [DTLSEvent],
        tellingPeer: Bool = false
    ) {
        if association.isEstablished {
            events.append(.closed(association.id, closing))
        } else {
            counts.failed += 1
        }
        remove(association, tellingPeer: tellingPeer)
    }

    private func remove(_ association: Association, tellingPeer: Bool) {
        if tellingPeer {
            association.connection.shutDown()
            collect(for: association.peer)
        }
        forget(association)
        guard var peer = peers[association.peer] else { return }
        if peer.session === association { peer.session = nil }
        if peer.handshake === association { peer.handshake = nil }
        peers[association.peer] = peer.session == nil && peer.handshake == nil ? nil : peer
    }

    private func forget(_ association: Association) {
        association.isOver = true
        association.scheduled = nil
        if association.isEstablished {
            if association.isStranger { strangers.remove(association) } else { sessions.remove(association) }
            established[association.id] = nil
        } else {
            removeHandshake(association)
        }
    }

    private func removeHandshake(_ association: Association) {
        handshakes.remove(association)
        let count = handshakesOf[association.network, default: 0]
        handshakesOf[association.network] = count > 1 ? count - 1 : nil
    }

    // MARK: Helpers

    private func collect(for peer: [UInt8]) {
        for octets in exchange.take() { outgoing.append(DTLSDatagram(peer: peer, octets: octets)) }
    }

    /// Puts the association's next retransmission into the heap, unless an earlier one stands there.
    private func schedule(_ association: Association, at now: UInt64) {
        guard let wait = association.connection.timeout else {
            association.scheduled = nil
            return
        }
        // What libssl holds for due it may not yet do: never at once again.
        let deadline = now &+ max(wait, 1_000_000)
        if let scheduled = association.scheduled, scheduled <= deadline { return }
        association.scheduled = deadline
        retransmissions.insert(association, at: deadline)
    }
}
