import CoAP
import TestSupport
import Testing

/// Both ends of a session with a network between them that drops, doubles and reorders by a seed.
private struct Network {
    struct Packet {
        let due: UInt64
        let order: Int
        let isToServer: Bool
        let datagram: [UInt8]
    }

    /// In hundredths.
    let loss: UInt64
    let doubling: UInt64
    var random: SplitMix64
    var server: ServerEndpoint
    var client: ClientEndpoint
    var now: UInt64 = 0
    var flying: [Packet] = []
    var count = 0
    /// What the service saw, and when it answers.
    var executed: [[UInt8]] = []
    var working: [(due: UInt64, id: Request.ID)] = []
    var outcomes: [ClientOutcome] = []
    let answer: Response

    init(seed: UInt64, loss: UInt64, doubling: UInt64, answer: Response, _ settings: ClientSettings) {
        random = SplitMix64(seed: seed)
        self.loss = loss
        self.doubling = doubling
        self.answer = answer
        server = ServerEndpoint(seed: random.next())
        client = ClientEndpoint(seed: random.next(), settings: settings)
    }

    mutating func send(_ datagram: [UInt8], toServer: Bool) {
        guard random.next() % 100 >= loss else { return }
        let copies = random.next() % 100 < doubling ? 2 : 1
        for _ in 0..<copies {
            // Up to 400 ms, and sometimes seconds: what comes later may arrive earlier.
            let delay = random.next() % 10 == 0 ? random.next() % 4_000 : random.next() % 400
            count += 1
            flying.append(Packet(due: now + delay, order: count, isToServer: toServer, datagram: datagram))
        }
    }

    mutating func take(_ events: [ClientEvent]) {
        for event in events {
            switch event {
            case .send(let datagram): send(datagram, toServer: true)
            case .finished(_, let outcome): outcomes.append(outcome)
            }
        }
    }

    /// Until nothing is left to do.
    mutating func run(_ request: ClientRequest) {
        take(client.start(request, at: now).1)
        while true {
            let times =
                [client.deadline, server.deadline].compactMap { $0 } + flying.map(\.due) + working.map(\.due)
            guard let next = times.min(), next < 1_000_000 else { return }
            now = max(now, next)
            let arrived = flying.filter { $0.due <= now }.sorted { ($0.due, $0.order) < ($1.due, $1.order) }
            flying.removeAll { $0.due <= now }
            for packet in arrived {
                guard packet.isToServer else {
                    take(client.receive(packet.datagram, at: now))
                    continue
                }
                for event in server.receive(packet.datagram, at: now) {
                    switch event {
                    case .send(let datagram): send(datagram, toServer: false)
                    case .request(let request):
                        executed.append(request.body)
                        // One in three takes longer than a second.
                        let time = random.next() % 3 == 0 ? random.next() % 4_000 : random.next() % 50
                        working.append((due: now + time, id: request.id))
                    }
                }
            }
            for done in working where done.due <= now {
                for datagram in server.respond(to: done.id, with: answer, at: now) {
                    send(datagram, toServer: false)
                }
            }
            working.removeAll { $0.due <= now }
            for datagram in server.tick(at: now) { send(datagram, toServer: false) }
            take(client.tick(at: now))
        }
    }
}

/// Whatever the network does, a request ends once, is executed once at most, and an answer is the right one.
@Test(arguments: [(0, 0), (5, 5), (20, 20), (50, 50), (90, 10)] as [(UInt64, UInt64)])
func aLossyNetworkLosesAndDoublesNothing(loss: UInt64, doubling: UInt64) throws {
    var answered = 0
    for seed in 0..<200 as Range<UInt64> {
        var random = SplitMix64(seed: seed)
        let sizes = [0, 10, 256, 257, 1_024, 3_000]
        let sent = body(sizes.randomElement(using: &random) ?? 0, Int(seed))
        let got = body(sizes.randomElement(using: &random) ?? 0, Int(seed) + 1)
        var settings = ClientSettings()
        settings.blockSize = [.octets256, .octets512, .octets1024][Int(seed % 3)]
        settings.proposesBlocks = seed % 2 == 0
        let request = try #require(
            ClientRequest(sent.isEmpty ? .get : .post, path: ["p"], body: sent))
        var network = Network(
            seed: seed, loss: loss, doubling: doubling,
            answer: Response(.content, contentFormat: .cbor, body: got),
            settings)
        network.run(request)
        #expect(network.outcomes.count == 1, "seed \(seed)")
        #expect(network.executed.count <= 1, "seed \(seed)")
        #expect(network.server.openRequests == 0)
        switch network.outcomes.first {
        case .response(let response)?:
            answered += 1
            #expect(
                response == ClientResponse(code: .content, contentFormat: .cbor, body: got), "seed \(seed)")
            #expect(network.executed == [sent], "seed \(seed)")
        case .timedOut?, .timedOutAfterAcknowledgement?: #expect(loss > 0, "seed \(seed)")
        default: Issue.record("seed \(seed): \(network.outcomes)")
        }
    }
    // Without loss all are answered, with one in twenty nearly all.
    #expect(answered >= (loss == 0 ? 200 : loss <= 5 ? 150 : 0))
}

/// Neither end takes more than its bounds, nor sends what is no message, whatever comes.
@Test func damagedDatagramsDoNotUnsettleEitherEnd() throws {
    var random = SplitMix64(seed: 99)
    var limits = ServerLimits()
    limits.body = 2_000
    limits.exchanges = 16
    limits.keptAnswers = 4_000
    var server = ServerEndpoint(seed: 1, limits: limits)
    var client = ClientEndpoint(seed: 1)
    var now: UInt64 = 0
    var requests = 0
    for round in 0..<20_000 {
        let path = try #require(MessageOption(.uriPath, [0x70]))
        let option = [OptionNumber.block1, .block2][Int(random.next() % 2)]
        let block = MessageOption(option, UInt32(random.next() % 64))
        var message =
            random.next() % 4 == 0
            ? randomMessage(&random)
            : Message(
                .confirmable, random.next() % 2 == 0 ? .get : .post, messageID: UInt16(random.next() % 200),
                token: Token(random.next() % 3), options: [path, block],
                payload: random.bytes([16, 32, 64, 128, 256, 300][Int(random.next() % 6)]))
        if random.next() % 50 == 0 { message.type = .acknowledgement }
        var datagram = message.datagram
        if random.next() % 8 == 0 {
            datagram[Int(random.next() % UInt64(datagram.count))] ^= 1 << (random.next() % 8)
        }
        var sent: [[UInt8]] = []
        for event in server.receive(datagram, at: now) {
            switch event {
            case .send(let datagram): sent.append(datagram)
            case .request(let request):
                requests += 1
                #expect(request.body.count <= limits.body)
                let answer = Response(.content, body: body(Int(random.next() % 1_000)))
                sent += server.respond(to: request.id, with: answer, at: now)
            }
        }
        if round % 100 == 0 {
            let request = try #require(ClientRequest(.get, path: ["a"]))
            _ = client.start(request, at: now)
        }
        for case .send(let datagram) in client.receive(datagram, at: now) + client.tick(at: now) {
            sent.append(datagram)
        }
        for datagram in sent { _ = try Message(datagram: datagram) }
        now += random.next() % 500
        _ = server.tick(at: now)
    }
    #expect(requests > 1_000)
}
