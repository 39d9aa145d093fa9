import CoAP
import Foundation
import ProvisioningCommands
import Testing

/// Every code that devices can be answered, message by message.
@Suite(.serialized) struct CoAPAnswerTests {
    private let service: RunningService
    private let device: WireDevice

    init() throws {
        service = try RunningService(CoAPFlowTests.options)
        device = try WireDevice(seed: 70)
        try device.register(at: service)
    }

    private func request(
        _ method: Code, _ path: String, type: MessageType = .confirmable, _ options: [MessageOption] = [],
        _ payload: [UInt8] = []
    ) -> Message {
        let parts = path.split(separator: "/").compactMap { MessageOption(.uriPath, Array($0.utf8)) }
        return Message(
            type, method, messageID: .random(in: 0...65_535), token: Token(99), options: parts + options,
            payload: payload)
    }

    /// The code that a message is answered, with the options of the answer.
    private func answer(_ client: CoAPClient, _ message: Message) throws -> Message {
        client.send(message.datagram)
        let answer = try Message(datagram: try #require(try client.receive()))
        #expect(answer.token == message.token)
        if message.type == .confirmable {
            #expect((answer.type, answer.messageID) == (.acknowledgement, message.messageID))
            // Again: the same octets.
            client.send(message.datagram)
            #expect(try client.receive() == answer.datagram)
        } else {
            #expect(answer.type == .nonConfirmable)
        }
        return answer
    }

    @Test func strangersAreAnswered() throws {
        let cbor = MessageOption(.contentFormat, 60)
        let cases: [(Message, Code)] = [
            (request(.get, "p/cmd"), .unauthorized),
            (request(.post, "p/rsp", [cbor], [0x81, 0x82, 0x60, 0x18, 0x65]), .unauthorized),
            (request(.get, "p/auth-jwt"), .methodNotAllowed),
            (request(.put, "p/auth-jwt"), .methodNotAllowed),
            (request(.post, "p/cmd"), .methodNotAllowed),
            (request(.get, "p/rsp"), .methodNotAllowed),
            (request(Code(0, 5), "p/cmd"), .methodNotAllowed),
            (request(.get, ""), .notFound),
            (request(.get, "p"), .notFound),
            (request(.get, "p/cmd/x"), .notFound),
            (request(.get, "P/CMD"), .notFound),
            // Of the core API, of development versions, and where the suspended session would be.
            (request(.post, "auth/jwt"), .notFound),
            (request(.post, "p/auth"), .notFound),
            (request(.post, ".dtls/suspend"), .notFound),
            (request(.post, ".dtls/suspend", type: .nonConfirmable), .notFound),
            (request(.get, ".well-known/core"), .notFound),
            (request(.post, "p/auth-jwt"), .forbidden),
            (request(.post, "p/auth-jwt", [cbor], Array("a.b.c".utf8)), .forbidden),
            (
                request(.post, "p/auth-jwt", [MessageOption(.contentFormat, 42)], [1]),
                .unsupportedContentFormat
            ),
            (request(.get, "p/cmd", [MessageOption(OptionNumber(rawValue: 9), 1)]), .badOption),
            (request(.get, "p/cmd", [MessageOption(.block2, 7)]), .badRequest),
            (request(.get, "p/cmd", [MessageOption(.proxyScheme, 0x61)]), .proxyingNotSupported),
        ]
        // Each in a session of its own: that of a stranger lives a minute, which a busy machine needs for all of them.
        for (message, code) in cases {
            let answer = try answer(CoAPClient(service), message)
            #expect(answer.code == code, "\(message)")
            #expect(answer.payload == [])
        }
        // A JWT of a key that is known, of a device that nobody has claimed: in each format that clients name.
        for options in [[cbor], [MessageOption(.contentFormat, 0)], []] {
            let message = request(.post, "p/auth-jwt", options, Array(try device.jwt().utf8))
            #expect(try answer(CoAPClient(service), message).code == .unauthorized)
        }
        let client = try CoAPClient(service)
        // A ping; what is no message; what may not be answered.
        client.send([0x40, 0, 0x12, 0x34])
        #expect(try client.receive() == [0x70, 0, 0x12, 0x34])
        client.send([0x4f, 1, 0x12, 0x35])
        #expect(try client.receive() == [0x70, 0, 0x12, 0x35])
        for silent in [[0x80, 1, 0x12, 0x36], [0x70, 0, 0x12, 0x37], [0x60, 0x45, 0x12, 0x38], [0x40]]
            as [[UInt8]]
        {
            client.send(silent)
        }
        #expect(try client.receive(within: 0.5) == nil)
        // Before it is known who asks, a body has room for a JWT and no more.
        let large = try client.answer(
            ClientRequest(.post, path: ["p", "auth-jwt"], body: [UInt8](repeating: 1, count: 5_000)))
        #expect(large.code == .requestEntityTooLarge)
    }

    /// A part of a body, and a part of an answer, is judged as the whole would be, and then nothing is kept of it.
    @Test func strangersPartsAreJudgedFirst() throws {
        let parts = [MessageOption(.contentFormat, 60), MessageOption(.block1, 0x0a)]
        let size = MessageOption(.size1, 8_000)
        let payload = [UInt8](repeating: 1, count: 64)
        let cases: [(Message, Code)] = [
            (request(.post, "p/rsp", parts, payload), .unauthorized),
            (request(.post, "p/rsp", parts + [size], payload), .unauthorized),
            (request(.post, "p/rsp", [MessageOption(.block1, 0x1a)], payload), .unauthorized),
            (request(.post, "no/such", parts + [size], payload), .notFound),
            (request(.get, "p/rsp", parts, payload), .methodNotAllowed),
            (
                request(.post, "p/auth-jwt", [MessageOption(.contentFormat, 42), parts[1]], payload),
                .unsupportedContentFormat
            ),
            (request(.post, "p/auth-jwt", parts, payload), .continue),
            (request(.post, "p/auth-jwt", parts + [size], payload), .requestEntityTooLarge),
            (request(.get, "p/cmd", [MessageOption(.block2, 0x12)]), .unauthorized),
            (request(.get, "no/such", [MessageOption(.block2, 0x12)]), .notFound),
            (request(.put, "p/cmd", [MessageOption(.block2, 0x12)]), .methodNotAllowed),
            (request(.get, "p/cmd", [parts[1], MessageOption(.block2, 0x12)], payload), .badRequest),
        ]
        for (message, code) in cases {
            let answer = try answer(CoAPClient(service), message)
            #expect(answer.code == code, "\(message)")
            let isEchoed = message.number(.block1) != nil && code != .badRequest
            #expect(answer.number(.block1) == (isEchoed ? message.number(.block1) : nil), "\(message)")
        }
    }

    @Test func devicesAreAnswered() throws {
        let key = try service.makeKey("owner")
        try service.claimSecurely(device, key)
        let client = try device.session(service)
        let cbor = MessageOption(.contentFormat, 60)
        let config = DeviceMessage.responses([DeviceResponse(correlationID: "x", result: .config)]).cbor
        let cases: [(Message, Code)] = [
            (request(.get, "p/cmd"), .content),
            (request(.get, "p/cmd", [MessageOption(.accept, 60)]), .content),
            (request(.get, "p/cmd", [MessageOption(.accept, 0)]), .notAcceptable),
            // Older clients name a format of what is not there.
            (request(.get, "p/cmd", [cbor]), .content),
            (request(.get, "p/cmd", type: .nonConfirmable), .content),
            (request(.post, "p/rsp", [cbor], config), .changed),
            (request(.post, "p/rsp", [], config), .changed),
            (request(.post, "p/rsp", [MessageOption(.contentFormat, 0)], config), .unsupportedContentFormat),
            (request(.post, "p/rsp", [cbor], [0x80]), .badRequest),
            (request(.post, "p/rsp", [cbor], []), .badRequest),
            (request(.post, "p/cmd"), .methodNotAllowed),
            (request(.get, "p/other"), .notFound),
        ]
        for (message, code) in cases {
            let answer = try answer(client, message)
            #expect(answer.code == code, "\(message)")
            #expect(answer.payload == [])
            // Nothing to do is said by nothing at all.
            if code == .content { #expect(answer.options == []) }
        }
        // A size that is no number is refused; where it may be cut off, it is not.
        func fetch(_ query: [String]) throws -> Code { try device.fetch(client, query).code }
        #expect(try fetch(["rxMaxSize=many", "limit=3"]) == .badRequest)
        #expect(try fetch(["limit=3", "rxMaxSize=many"]) == .content)
        #expect(try fetch(["limit=3", "rxMaxSize="]) == .content)
        #expect(try fetch(["limit=3", "rxMax"]) == .content)
        let large = try device.report(client, octets: [UInt8](repeating: 1, count: 16_385))
        #expect(large.code == .requestEntityTooLarge)
        #expect(try device.report(client, octets: [UInt8](repeating: 1, count: 16_384)).code == .badRequest)
    }

    /// Whatever comes, in a session and without one, others are served.
    @Test func noiseDisturbsNobody() throws {
        let start = Date()
        let client = try CoAPClient(service)
        var random = SystemRandomNumberGenerator()
        let sound = request(
            .post, "p/auth-jwt", [MessageOption(.block1, 0x0c)], [UInt8](repeating: 7, count: 256)
        ).datagram
        let descriptor = try CoAPClient.connect(try #require(service.coapPort))
        defer { close(descriptor) }
        for round in 0..<3_000 {
            var noise = sound
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                noise[Int.random(in: 0..<min(noise.count, 24), using: &random)] = .random(
                    in: 0...255, using: &random)
            }
            client.send(noise)
            var record = [UInt8](repeating: 0, count: Int.random(in: 0...200, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            // One in two looks like a record of a handshake, or of data.
            if round % 2 == 0, record.count > 13 {
                record.replaceSubrange(0..<3, with: [round % 4 == 0 ? 22 : 23, 0xfe, 0xfd])
            }
            _ = record.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
        while try client.receive(within: 0.2) != nil {}
        // A session in which nobody authenticates ends after a minute, which a busy machine may need for this.
        #expect(client.closing == nil || Date().timeIntervalSince(start) > 55)
        let other = try CoAPClient(service)
        #expect(try other.answer(ClientRequest(.get, path: ["p", "cmd"])).code == .unauthorized)
    }
}
