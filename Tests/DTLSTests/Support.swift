import DTLS
import Foundation
import OpenSSL
import PKIX
import TestSupport

/// Nanoseconds of a clock that only goes forward.
func uptime() -> UInt64 { DispatchTime.now().uptimeNanoseconds }

/// A certificate of a server that stands for itself, for `localhost` and 127.0.0.1.
struct TestIdentity {
    let certificate: [UInt8]
    let key: [UInt8]

    init(_ kind: PrivateKey.GeneratedKind = .p256, notAfter: Int64 = 4_000_000_000) throws {
        let key = try PrivateKey.generate(kind)
        let algorithm: SignatureAlgorithm = kind == .rsa3072 ? .rsaPKCS1(.sha256) : .ecdsa(.sha256)
        let subject = try DistinguishedName(text: "CN=localhost")
        let template = try unwrapped(
            CertificateTemplate(
                issuer: subject, algorithm: algorithm,
                extensions: [
                    .basicConstraints(isCA: false), .extendedKeyUsage([.serverAuth]),
                    .subjectAlternativeName(hosts: ["localhost"], addresses: [[127, 0, 0, 1]]),
                ], issuerKeyIdentifier: nil))
        let tbs = template.makeTBS(
            serial: try unwrapped(CertificateSerial(random: try RandomBytes.make(16))), subject: subject,
            publicKey: try SubjectPublicKeyInfo(der: key.publicKey.spki),
            validity: try unwrapped(ValidityPeriod(notBefore: 1_700_000_000, notAfter: notAfter)))
        certificate = template.assemble(tbs, signature: try key.sign(tbs, algorithm: algorithm))
        self.key = try key.pemUnencrypted()
    }

    func serverContext() throws -> DTLSServerContext { try DTLSServerContext(chain: [certificate], key: key) }

    func clientContext(_ suites: [String]? = nil) throws -> DTLSClientContext {
        guard let suites else { return try DTLSClientContext(roots: [certificate]) }
        return try DTLSClientContext(roots: [certificate], suites: suites)
    }

    static let p256 = Result { try TestIdentity() }
    static let rsa = Result { try TestIdentity(.rsa3072) }
}

struct Missing: Error {}

func unwrapped<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw Missing() }
    return value
}

/// What becomes of datagrams between two engines.
struct Weather {
    var loss = 0.0
    var doubling = 0.0
    var delay = 0.0
    var cutting = 0.0

    static let fine = Weather()
}

/// A server, clients and the datagrams between them, in memory; what is lost follows from the seed.
final class Network {
    struct Flight {
        let due: UInt64
        let client: UInt8
        let isToServer: Bool
        let octets: [UInt8]
    }

    let server: DTLSServer
    var clients: [UInt8: DTLSClient] = [:]
    var weather: Weather
    private var random: SplitMix64
    private var flights: [Flight] = []
    private(set) var serverEvents: [DTLSEvent] = []
    private(set) var clientEvents: [UInt8: [DTLSClientEvent]] = [:]
    /// Everything that clients sent, as it left.
    private(set) var sent: [(client: UInt8, octets: [UInt8])] = []
    /// Everything that the server sent.
    private(set) var answered: [(peer: [UInt8], octets: [UInt8])] = []
    /// Asked for each event of the server's.
    var react: (DTLSServer, DTLSEvent) -> Void = { _, _ in }

    init(_ server: DTLSServer, _ weather: Weather = .fine, seed: UInt64 = 1) {
        self.server = server
        self.weather = weather
        random = SplitMix64(seed: seed)
    }

    static func peer(_ client: UInt8) -> [UInt8] { [127, 0, 0, 1, client] }

    func start(_ client: DTLSClient, as number: UInt8) {
        clients[number] = client
        clientEvents[number, default: []] += client.start(at: uptime())
    }

    private func chance(_ share: Double) -> Bool {
        share > 0 && Double.random(in: 0..<1, using: &random) < share
    }

    private func post(_ octets: [UInt8], _ client: UInt8, isToServer: Bool) {
        for _ in 0..<(chance(weather.doubling) ? 2 : 1) where !chance(weather.loss) {
            let kept =
                chance(weather.cutting)
                ? Array(octets.prefix(Int.random(in: 0..<octets.count, using: &random))) : octets
            let wait = chance(weather.delay) ? UInt64.random(in: 0..<30_000_000, using: &random) : 0
            flights.append(Flight(due: uptime() + wait, client: client, isToServer: isToServer, octets: kept))
        }
    }

    private func take(_ events: [DTLSEvent]) {
        serverEvents += events
        for event in events { react(server, event) }
    }

    /// One look at everything that is due; whether there was anything.
    @discardableResult func step() -> Bool {
        let now = uptime()
        for (number, client) in clients.sorted(by: { $0.key < $1.key }) {
            if let deadline = client.nextDeadline, deadline <= now {
                clientEvents[number, default: []] += client.tick(at: now)
            }
            for octets in client.takeDatagrams() {
                sent.append((number, octets))
                post(octets, number, isToServer: true)
            }
        }
        if let deadline = server.nextDeadline, deadline <= now { take(server.tick(at: now)) }
        for datagram in server.takeDatagrams() {
            answered.append((datagram.peer, datagram.octets))
            if let number = datagram.peer.last { post(datagram.octets, number, isToServer: false) }
        }
        let due = flights.filter { $0.due <= now }
        flights.removeAll { $0.due <= now }
        for flight in due {
            if flight.isToServer {
                take(server.receive(flight.octets, from: Self.peer(flight.client), at: uptime()))
            } else if let client = clients[flight.client] {
                clientEvents[flight.client, default: []] += client.receive(flight.octets, at: uptime())
            }
        }
        return !due.isEmpty
    }

    /// Steps until the condition holds; false if it does not within so many seconds.
    func run(for seconds: Double = 20, until condition: () -> Bool) -> Bool {
        let end = uptime() + UInt64(seconds * 1e9)
        while !condition() {
            if uptime() > end { return false }
            if !step() { usleep(500) }
        }
        return true
    }

    /// Steps until nothing is under way any more.
    func settle() { while step() || !flights.isEmpty {} }

    func isEstablished(_ number: UInt8) -> Bool {
        clientEvents[number, default: []].contains { if case .established = $0 { true } else { false } }
    }

    func messages(_ number: UInt8) -> [[UInt8]] {
        clientEvents[number, default: []].compactMap {
            if case .message(let bytes) = $0 { bytes } else { nil }
        }
    }
}

extension Network {
    /// A client that is connected in fine weather.
    static func connected(
        limits: DTLSServer.Limits = .quick, suites: [String]? = nil, as number: UInt8 = 1
    ) throws -> (network: Network, client: DTLSClient) {
        let network = Network(try DTLSServer.test(limits))
        let client = try DTLSClient.test(suites)
        network.start(client, as: number)
        guard network.run(until: { network.isEstablished(number) && network.server.sessionCount == 1 }) else {
            throw Missing()
        }
        return (network, client)
    }
}

extension DTLSServer.Limits {
    /// Retransmits after 20 ms.
    static var quick: Self {
        var limits = Self()
        limits.firstTimeout = 20_000
        return limits
    }
}

extension DTLSServer {
    static func test(
        _ limits: Limits = .quick, _ identity: Result<TestIdentity, any Error> = TestIdentity.p256
    ) throws -> DTLSServer {
        DTLSServer(
            try identity.get().serverContext(), limits: limits, secret: [UInt8](repeating: 7, count: 32))
    }
}

extension DTLSClient {
    static func test(
        _ suites: [String]? = nil, _ identity: Result<TestIdentity, any Error> = TestIdentity.p256,
        name: DTLSServerName = .host("localhost"), resuming session: DTLSClientSession? = nil
    ) throws -> DTLSClient {
        try DTLSClient(
            try identity.get().clientContext(suites), to: name, resuming: session, firstTimeout: 20_000)
    }
}

extension DTLSEvent {
    var session: DTLSSessionID {
        switch self {
        case .established(let session, _, _), .message(let session, _), .closed(let session, _): session
        }
    }
}
