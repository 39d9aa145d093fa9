import Foundation
import Synchronization
import TestSupport

/// Stands between clients and a UDP server of this machine, and does to datagrams what networks do.
///
/// Each client gets a socket of its own towards the server, which therefore tells them apart. What happens to which
/// datagram follows from the seed and the order in which they come.
public final class DatagramRelay: Sendable {
    /// The shares of datagrams, both ways, to which something happens.
    public struct Weather: Sendable {
        public var loss = 0.0
        public var doubling = 0.0
        /// Kept back for up to 40 ms, so that later ones overtake them.
        public var delay = 0.0
        /// Shortened to a random length.
        public var cutting = 0.0

        public init() {}
    }

    /// What happened so far.
    public struct Counts: Sendable {
        public var relayed = 0
        public var lost = 0
        public var doubled = 0
        public var delayed = 0
        public var cut = 0
        /// Addresses that something came from.
        public var clients = 0
    }

    private struct State {
        var mustEnd = false
        var counts = Counts()
    }

    public let port: UInt16
    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)

    public init(to server: UInt16, _ weather: Weather, seed: UInt64) throws {
        let front = try DatagramSocket(connectedTo: nil)
        port = front.port
        Thread.detachNewThread { [self] in
            var work = RelayWork(front, server, weather, seed)
            while !state.withLock({ $0.mustEnd }) {
                work.turn()
                let counts = work.counts
                state.withLock { $0.counts = counts }
            }
            ended.signal()
        }
    }

    /// Stops it and tells what happened.
    public func stop() -> Counts {
        state.withLock { $0.mustEnd = true }
        ended.wait()
        return state.withLock { $0.counts }
    }
}

/// A UDP socket on loopback, closed with its last reference.
private final class DatagramSocket: Sendable {
    let descriptor: Int32
    let port: UInt16

    init(connectedTo server: UInt16?) throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var size: Int32 = 4 << 20
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = (server ?? 0).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isReady = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                server == nil
                    ? bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
                    : connect(descriptor, $0, length) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        guard isReady else { throw LoopbackPort.Unavailable() }
    }

    deinit { close(descriptor) }
}

/// What the relay's thread does.
private struct RelayWork {
    private struct Flight {
        let due: Date
        let octets: [UInt8]
        /// nil towards the server.
        let client: [UInt8]?
        let socket: DatagramSocket
    }

    private let front: DatagramSocket
    private let server: UInt16
    private let weather: DatagramRelay.Weather
    private var random: SplitMix64
    private var backs: [[UInt8]: DatagramSocket] = [:]
    private var clients: [[UInt8]] = []
    private var flights: [Flight] = []
    private(set) var counts = DatagramRelay.Counts()

    init(_ front: DatagramSocket, _ server: UInt16, _ weather: DatagramRelay.Weather, _ seed: UInt64) {
        self.front = front
        self.server = server
        self.weather = weather
        random = SplitMix64(seed: seed)
    }

    mutating func turn() {
        var watched = [pollfd(fd: front.descriptor, events: Int16(POLLIN), revents: 0)]
        for client in clients {
            watched.append(pollfd(fd: backs[client]?.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
        }
        _ = poll(&watched, nfds_t(watched.count), flights.isEmpty ? 20 : 1)
        for (place, entry) in watched.enumerated() where entry.revents != 0 {
            if place == 0 { takeFromClients() } else { takeFromServer(clients[place - 1]) }
        }
        let now = Date()
        let due = flights.filter { $0.due <= now }
        flights.removeAll { $0.due <= now }
        for flight in due { send(flight) }
    }

    private mutating func takeFromClients() {
        var room = [UInt8](repeating: 0, count: 4_096)
        var peer = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_in>.size)
        while true {
            var length = socklen_t(peer.count)
            let count = peer.withUnsafeMutableBytes {
                recvfrom(
                    front.descriptor, &room, room.count, 0,
                    $0.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                    &length)
            }
            guard count >= 0 else { return }
            if backs[peer] == nil, let back = try? DatagramSocket(connectedTo: server) {
                backs[peer] = back
                clients.append(peer)
                counts.clients += 1
            }
            if let back = backs[peer] { post(Array(room[..<count]), to: nil, through: back) }
        }
    }

    private mutating func takeFromServer(_ client: [UInt8]) {
        guard let back = backs[client] else { return }
        var room = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(back.descriptor, &room, room.count, 0)
            // Also what says that nobody listens: the server is being started again.
            guard count >= 0 else { return }
            post(Array(room[..<count]), to: client, through: front)
        }
    }

    private mutating func happens(_ share: Double) -> Bool {
        share > 0 && Double.random(in: 0..<1, using: &random) < share
    }

    private mutating func post(_ octets: [UInt8], to client: [UInt8]?, through socket: DatagramSocket) {
        if happens(weather.loss) {
            counts.lost += 1
            return
        }
        let isDoubled = happens(weather.doubling)
        if isDoubled { counts.doubled += 1 }
        for _ in 0..<(isDoubled ? 2 : 1) {
            counts.relayed += 1
            var kept = octets
            if !octets.isEmpty, happens(weather.cutting) {
                counts.cut += 1
                kept = Array(octets.prefix(Int.random(in: 0..<octets.count, using: &random)))
            }
            var due = Date.distantPast
            if happens(weather.delay) {
                counts.delayed += 1
                due = Date().addingTimeInterval(Double.random(in: 0..<0.04, using: &random))
            }
            flights.append(Flight(due: due, octets: kept, client: client, socket: socket))
        }
    }

    private func send(_ flight: Flight) {
        guard let client = flight.client else {
            _ = Glibc.send(flight.socket.descriptor, flight.octets, flight.octets.count, 0)
            return
        }
        _ = client.withUnsafeBytes {
            sendto(
                flight.socket.descriptor, flight.octets, flight.octets.count, 0,
                $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
    }
}
