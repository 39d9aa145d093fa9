import DTLS
import Testing
import TestSupport

/// Our client against our server in memory.
@Suite struct EngineTests {
    /// Each suite of the modem's, with the certificate that it needs.
    @Test(arguments: ModemSuites.ecdsa.map { ($0, false) } + ModemSuites.rsa.map { ($0, true) })
    func suite(_ suite: String, isRSA: Bool) throws {
        let identity = isRSA ? TestIdentity.rsa : TestIdentity.p256
        let network = Network(try DTLSServer.test(.quick, identity))
        let client = try DTLSClient.test([suite], identity)
        network.react = { server, event in
            if case .message(let session, let bytes) = event { server.send(bytes.reversed(), to: session) }
        }
        network.start(client, as: 1)
        #expect(network.run { network.isEstablished(1) })
        #expect(client.suite == suite)
        // In a handshake no datagram is longer than the limit.
        #expect(network.sent.map(\.octets.count).max() ?? 0 <= 1232)
        #expect(network.answered.map(\.octets.count).max() ?? 0 <= 1232)
        #expect(client.send([1, 2, 3]))
        #expect(client.send([UInt8](repeating: 9, count: 1152)))
        #expect(network.run { network.messages(1).count == 2 })
        #expect(network.messages(1) == [[3, 2, 1], [UInt8](repeating: 9, count: 1152)])
        guard case .established(let session, let peer, false) = network.serverEvents.first else {
            Issue.record("\(network.serverEvents)")
            return
        }
        #expect(peer == Network.peer(1))
        #expect(network.server.suite(of: session) == suite)
        #expect(
            network.serverEvents.dropFirst()
                == [.message(session, [1, 2, 3]), .message(session, [UInt8](repeating: 9, count: 1152))])
        client.close()
        #expect(network.run { network.server.sessionCount == 0 })
        #expect(network.serverEvents.last == .closed(session, .byPeer))
    }

    @Test func serverCloses() throws {
        let (network, client) = try Network.connected()
        let session = try #require(network.serverEvents.first?.session)
        network.server.close(session)
        #expect(network.run { network.clientEvents[1]?.last == .closed(.byPeer) })
        #expect(network.server.sessionCount == 0)
        #expect(!network.server.send([1], to: session))
        #expect(!client.send([1]))
        // Nothing, and nothing that is too long, can be sent, and trying does no harm.
        let (other, _) = try Network.connected()
        let id = try #require(other.serverEvents.first?.session)
        #expect(!other.server.send([], to: id))
        #expect(!other.server.send([UInt8](repeating: 1, count: 70_000), to: id))
        #expect(other.server.send([2], to: id))
        #expect(other.run { other.messages(1) == [[2]] })
    }

    /// By its id; a server with another context makes a whole handshake.
    @Test func resumption() throws {
        let (network, client) = try Network.connected()
        let session = try #require(client.session)
        client.close()
        network.settle()
        let whole =
            network.sent.map(\.octets.count).reduce(0, +) + network.answered.map(\.octets.count).reduce(0, +)
        for round in 2..<5 as Range<UInt8> {
            let again = try DTLSClient.test(resuming: session)
            network.start(again, as: round)
            #expect(network.run { network.isEstablished(round) })
            #expect(network.clientEvents[round] == [.established(isResumed: true)])
            again.close()
            network.settle()
        }
        #expect(network.server.counts.resumed == 3)
        #expect(network.server.counts.completed == 4)
        let all =
            network.sent.map(\.octets.count).reduce(0, +) + network.answered.map(\.octets.count).reduce(0, +)
        #expect((all - whole) / 3 < whole)

        // Also one that was left without a word, and is still alive at the server.
        network.start(try DTLSClient.test(resuming: session), as: 6)
        #expect(network.run { network.isEstablished(6) })
        let left = try #require(network.clients[6]?.session)
        network.clients[6] = nil
        network.start(try DTLSClient.test(resuming: left), as: 7)
        #expect(network.run { network.isEstablished(7) })
        #expect(network.clientEvents[7] == [.established(isResumed: true)])

        network.server.use(try TestIdentity.p256.get().serverContext())
        network.start(try DTLSClient.test(resuming: session), as: 9)
        #expect(network.run { network.isEstablished(9) })
        #expect(network.clientEvents[9] == [.established(isResumed: false)])
    }

    /// Who is not whom the client means, or not vouched for, gets no session.
    @Test func certificateIsJudged() throws {
        let old = Result { try TestIdentity(notAfter: 1_700_000_100) }
        let cases:
            [(Result<TestIdentity, any Error>, Result<TestIdentity, any Error>, DTLSServerName, String?)] = [
                (TestIdentity.p256, TestIdentity.p256, .host("localhost"), nil),
                (TestIdentity.p256, TestIdentity.p256, .address("127.0.0.1"), nil),
                (TestIdentity.p256, TestIdentity.p256, .host("example.com"), "hostname mismatch"),
                (TestIdentity.p256, TestIdentity.p256, .address("127.0.0.2"), "IP address mismatch"),
                (TestIdentity.p256, TestIdentity.rsa, .host("localhost"), "self-signed certificate"),
                (old, old, .host("localhost"), "certificate has expired"),
            ]
        for (served, trusted, name, reason) in cases {
            let network = Network(try DTLSServer.test(.quick, served))
            network.start(try DTLSClient.test(nil, trusted, name: name), as: 1)
            #expect(network.run { network.clientEvents[1]?.isEmpty == false })
            network.settle()
            if let reason {
                #expect(network.clientEvents[1] == [.closed(.failed(reason))])
                #expect(network.server.sessionCount + network.server.handshakeCount == 0)
                #expect(network.serverEvents.isEmpty)
            } else {
                #expect(network.clientEvents[1] == [.established(isResumed: false)])
            }
        }
    }

    /// Whatever the weather does to datagrams, both come together in the end, and no message comes twice or changed.
    @Test(arguments: 0..<24 as Range<UInt64>)
    func weather(_ seed: UInt64) throws {
        let share = [0.05, 0.1, 0.3][Int(seed % 3)]
        let weather = Weather(loss: share, doubling: share, delay: share * 2, cutting: share / 2)
        let network = Network(try DTLSServer.test(), weather, seed: seed)
        let identity = try TestIdentity.p256.get().clientContext()
        network.react = { server, event in
            if case .message(let session, let bytes) = event { server.send(bytes, to: session) }
        }
        var session: DTLSClientSession?
        // The second resumes the first, from the same address: the server may still hold the first for alive.
        var attempts: UInt8 = 0
        var done = 0
        while done < 3, attempts < 12 {
            attempts += 1
            let client = try DTLSClient(
                identity, to: .host("localhost"), resuming: session, firstTimeout: 20_000)
            network.start(client, as: 1)
            let before = network.messages(1).count
            var number: UInt16 = 0
            var next = uptime()
            // Libssl waits twice as long each time. As a device does, the client begins anew before it gives up by itself.
            let isDone = network.run(for: 10) {
                if client.session != nil, uptime() >= next {
                    number += 1
                    client.send([attempts, UInt8(number >> 8), UInt8(number & 255)])
                    next = uptime() + 5_000_000
                }
                return network.messages(1).count >= before + 10
            }
            if isDone { done += 1 }
            session = client.session ?? session
        }
        #expect(done == 3, "\(network.server.counts)")
        // In tolerable weather nobody has to begin anew.
        if share < 0.2 { #expect(attempts == 3, "\(network.server.counts)") }
        network.weather = .fine
        network.settle()
        var received: Set<[UInt8]> = []
        for case .message(_, let bytes) in network.serverEvents {
            #expect(bytes.count == 3)
            #expect(received.insert(bytes).inserted, "\(bytes) came twice")
        }
        let back = network.messages(1)
        #expect(Set(back).count == back.count)
        #expect(Set(back).isSubset(of: received))
        #expect(network.server.sessionCount == 1)
    }

    /// Longer waits each time, and an end.
    @Test func silentServer() throws {
        let client = try DTLSClient(
            try TestIdentity.p256.get().clientContext(), to: .host("localhost"), firstTimeout: 20_000)
        #expect(client.start(at: uptime()).isEmpty)
        var times: [UInt64] = []
        while times.count < 5 {
            if let deadline = client.nextDeadline, deadline <= uptime() {
                #expect(client.tick(at: uptime()).isEmpty)
            }
            if !client.takeDatagrams().isEmpty { times.append(uptime()) }
        }
        let waits = zip(times.dropFirst(), times).map { ($0 - $1) / 1_000_000 }
        for (wait, least) in zip(waits, [5, 25, 65, 145] as [UInt64]) { #expect(wait >= least) }
    }
}
