import CoAP
import DTLS
import Foundation
import ProvisioningCommands
import TestFleet
import TestSupport
import Testing

/// The whole way by the real program, DTLS and CoAP: claim, command, fetch, report, status.
@Suite(.serialized) struct CoAPFlowTests {
    static let options = ["--self-signed", "--coap", "127.0.0.1:0"]
    static let nothing = ClientResponse(code: .content)

    private func restart(_ service: RunningService) throws -> RunningService {
        service.send(SIGKILL)
        #expect(try service.wait().status == nil)
        return try RunningService(Self.options, in: service.folder)
    }

    /// kill -9 after each answer: what was answered stays. Blocks of 256 octets both ways.
    @Test(arguments: [BlockOption.Size.octets256, .octets1024])
    func claimedToProvisionedThroughKills(size: BlockOption.Size) throws {
        var settings = ClientSettings()
        settings.blockSize = size
        var service = try RunningService(Self.options)
        let key = try service.makeKey("owner")
        let device = try WireDevice(seed: 60)
        let path = "/claimed-devices/\(device.device.uuid)"
        // Nobody knows the key; then nobody has claimed the device.
        #expect(try device.authenticate(CoAPClient(service, settings)) == ClientResponse(code: .unauthorized))
        try device.register(at: service)
        #expect(try device.authenticate(CoAPClient(service, settings)) == ClientResponse(code: .unauthorized))
        try service.claimSecurely(device, key)

        service = try restart(service)
        var client = try device.session(service, settings)
        #expect(try device.fetch(client) == Self.nothing)
        #expect(try JSONText.member("status", of: service.askSecurely(key, "GET", path)) == "READY")
        let command = try service.addSecurely(
            #"{"clientPrivateKeyGeneration":{"secTag":16842753}}"#, to: device, key)
        _ = try service.addSecurely(#"{"finished":{}}"#, to: device, key)

        service = try restart(service)
        client = try device.session(service, settings)
        let first = try device.fetch(client)
        #expect((first.code, first.contentFormat) == (.content, .cbor))

        // The device never reported: it gets them again.
        service = try restart(service)
        client = try device.session(service, settings)
        let second = try device.fetch(client)
        let report = try device.execute(octets: second.body)
        #expect(report.count > 256)
        #expect(try device.report(client, octets: report) == ClientResponse(code: .changed))
        // The same report again is taken the same.
        #expect(try device.report(client, octets: report) == ClientResponse(code: .changed))

        service = try restart(service)
        client = try device.session(service, settings)
        #expect(try JSONText.member("status", of: service.askSecurely(key, "GET", path)) == "PROVISIONED")
        #expect(
            try JSONText.member(
                "status", of: service.askSecurely(key, "GET", "\(path)/provisioning/\(command)"))
                == "SUCCEEDED")
        #expect(try device.fetch(client) == Self.nothing)
        #expect(try service.end(by: SIGTERM).status == 0)
    }

    /// kill -9 between the blocks of a report, after each of them: nothing of it is kept, nothing lost, nothing twice.
    @Test func aReportInBlocksThroughKills() throws {
        var service = try RunningService(Self.options)
        let key = try service.makeKey("owner")
        let device = try WireDevice(seed: 61)
        try service.claimSecurely(device, key)
        let command = try service.addSecurely(
            #"{"clientPrivateKeyGeneration":{"secTag":16842753}}"#, to: device, key)
        let status = "/claimed-devices/\(device.device.uuid)/provisioning/\(command)"
        var client = try device.session(service)
        let commands = try device.fetch(client)
        let report = try device.execute(octets: commands.body)
        let last = (report.count - 1) / 128
        #expect(last >= 2)
        for stop in 0..<last {
            for number in 0...stop {
                client.send(try block(number, of: report).datagram)
                let answer = try Message(datagram: try #require(try client.receive()))
                #expect(answer.code == .continue)
                #expect(answer.number(.block1) == UInt32(number << 4 | 8 | 3))
            }
            service = try restart(service)
            #expect(
                try JSONText.member("status", of: service.askSecurely(key, "GET", status)) == "IN_PROGRESS")
            client = try device.session(service)
            // What comes next in that body is of a body that is gone.
            client.send(try block(stop + 1, of: report, messageID: 5).datagram)
            let answer = try Message(datagram: try #require(try client.receive()))
            #expect(answer.code == .requestEntityIncomplete)
        }
        #expect(try device.report(client, octets: report) == ClientResponse(code: .changed))
        service = try restart(service)
        #expect(try JSONText.member("status", of: service.askSecurely(key, "GET", status)) == "SUCCEEDED")
        let events = try service.askSecurely(
            key, "GET", "/claimed-devices/\(device.device.uuid)/events")
        #expect(events.components(separatedBy: "commands.reported").count == 2, "\(events)")
        #expect(try device.fetch(try device.session(service)) == Self.nothing)
    }

    private func block(_ number: Int, of report: [UInt8], messageID: UInt16? = nil) throws -> Message {
        let isMore = report.count > (number + 1) * 128
        let block = try #require(
            BlockOption(number: number, isMore: isMore, size: BlockOption.Size(fitting: 128)))
        let path = ["p", "rsp"].compactMap { MessageOption(.uriPath, Array($0.utf8)) }
        return Message(
            .confirmable, .post, messageID: messageID ?? UInt16(1_000 + number), token: Token(7),
            options: path + [
                MessageOption(.contentFormat, 60), block.option(.block1), MessageOption(.requestTag, 5),
            ],
            payload: Array(report.dropFirst(number * 128).prefix(128)))
    }

    /// Over CoAP the body alone counts, and a cut query is worth what the last whole one said.
    @Test func aBatchMayFillTheBufferExactly() throws {
        let service = try RunningService(Self.options)
        let key = try service.makeKey("owner")
        let device = try WireDevice(seed: 66)
        try service.claimSecurely(device, key)
        let text = String(repeating: "x", count: 1_200)
        _ = try service.addSecurely(#"{"config":{"properties":{"a":"\#(text)"}}}"#, to: device, key)
        let client = try device.session(service)
        func fetch(_ query: [String]) throws -> Int { try device.fetch(client, query).body.count }
        let size = try fetch(["after=", "rxMaxSize=2304", "txMaxSize=2304", "limit=10"])
        #expect(size > 1_200)
        #expect(try fetch(["after=", "rxMaxSize=\(size)", "txMaxSize=2304", "limit=10"]) == size)
        // Path, question mark and query are 64 octets: the size has lost digits.
        let cut = ["after=\(String(repeating: "c", count: 40))", "rxMaxSize=1"]
        #expect(("p/cmd?" + cut.joined(separator: "&")).utf8.count == 64)
        #expect(try fetch(cut) == size)
        #expect(try fetch(["after=", "rxMaxSize=\(size - 1)", "txMaxSize=2304", "limit=10"]) == 0)
    }

    /// A device has two sessions, of which each is its own; over HTTP it goes on as well.
    @Test func sessionsOfOneDeviceStandBesideEachOther() throws {
        let service = try RunningService(Self.options)
        let key = try service.makeKey("owner")
        let device = try WireDevice(seed: 62)
        try service.claimSecurely(device, key)
        let (first, second) = (try device.session(service), try device.session(service))
        _ = try service.addSecurely(#"{"clientPrivateKeyGeneration":{"secTag":1}}"#, to: device, key)
        let commands = try device.fetch(first)
        #expect(commands.code == .content)
        let report = try device.execute(octets: commands.body)
        #expect(try device.report(second, octets: report).code == .changed)
        #expect(try device.fetch(first) == Self.nothing)
        #expect(try device.fetch(second) == Self.nothing)
        // Renewed on a session that is authenticated.
        #expect(try device.authenticate(first).code == .created)
    }

    /// A session that shows another device's JWT, or a bad one, is nobody's; so is that of a device that is given up.
    @Test func aSessionIsOfOneDevice() throws {
        let service = try RunningService(Self.options)
        let key = try service.makeKey("owner")
        let (device, other) = (try WireDevice(seed: 63), try WireDevice(seed: 64))
        for device in [device, other] { try service.claimSecurely(device, key) }
        for bad in [try other.jwt(), "not.a.jwt", String(repeating: "x", count: 3_000)] {
            let client = try device.session(service)
            #expect(try device.authenticate(client, jwt: bad) == ClientResponse(code: .forbidden))
            #expect(try device.fetch(client) == ClientResponse(code: .unauthorized))
            #expect(try device.report(client, octets: [0x81]) == ClientResponse(code: .unauthorized))
            #expect(try device.authenticate(client).code == .created)
            #expect(try device.fetch(client) == Self.nothing)
        }
        let client = try device.session(service)
        _ = try service.askSecurely(key, "DELETE", "/claimed-devices/\(device.device.uuid)")
        #expect(try device.fetch(client) == ClientResponse(code: .unauthorized))
        #expect(try device.authenticate(client) == ClientResponse(code: .unauthorized))
        // A report is of the session's device, whatever it names.
        _ = try service.addSecurely(#"{"clientPrivateKeyGeneration":{"secTag":1}}"#, to: other, key)
        let commands = try other.fetch(try other.session(service))
        let report = try other.execute(octets: commands.body)
        try service.claimSecurely(device, key)
        let stranger = try device.session(service)
        #expect(try device.report(stranger, octets: report).code == .changed)
        let states = try service.askSecurely(key, "GET", "/claimed-devices/\(other.device.uuid)/provisioning")
        #expect(states.contains("IN_PROGRESS"), "\(states)")
    }

    /// Who authenticates after another in the same session gets nothing of the other's answers, and goes on with nothing.
    @Test func theNextDeviceOfASessionFindsNothing() throws {
        let service = try RunningService(Self.options)
        let key = try service.makeKey("owner")
        let (device, other) = (try WireDevice(seed: 67), try WireDevice(seed: 68))
        for device in [device, other] { try service.claimSecurely(device, key) }
        _ = try service.addSecurely(#"{"clientPrivateKeyGeneration":{"secTag":1}}"#, to: device, key)
        let text = String(repeating: "x", count: 600)
        _ = try service.addSecurely(#"{"config":{"properties":{"a":"\#(text)"}}}"#, to: device, key)
        let client = try CoAPClient(service)
        var messageID: UInt16 = 0
        func ask(
            _ method: Code, _ path: [String], _ block: MessageOption?, _ body: [UInt8] = []
        ) throws -> (Message, asked: Message) {
            messageID += 1
            let query = method == .get ? WireDevice.coapQuery : []
            let message = Message(
                .confirmable, method, messageID: messageID, token: Token(7),
                options: path.compactMap { MessageOption(.uriPath, Array($0.utf8)) }
                    + query.compactMap { MessageOption(.uriQuery, Array($0.utf8)) }
                    + (block.map { [$0] } ?? []), payload: body)
            client.send(message.datagram)
            return (try Message(datagram: try #require(try client.receive())), message)
        }
        func authenticate(_ device: WireDevice) throws -> Code {
            let (answer, asked) = try ask(.post, ["p", "auth-jwt"], nil, Array(try device.jwt().utf8))
            // Its own retransmission is answered the same, whoever it made of the session.
            client.send(asked.datagram)
            #expect(try client.receive() == answer.datagram)
            return answer.code
        }
        let small = BlockOption.Size(fitting: 64)
        let more = try #require(BlockOption(number: 0, isMore: true, size: small))
        let last = try #require(BlockOption(number: 1, isMore: false, size: small))
        let second = try #require(BlockOption(number: 1, isMore: false, size: .octets256))
        #expect(try authenticate(device) == .created)
        let (batch, fetch) = try ask(.get, ["p", "cmd"], nil)
        #expect(batch.code == .content && batch.number(.size2) ?? 0 > 600)
        let report = [UInt8](repeating: 0, count: 64)
        #expect(try ask(.post, ["p", "rsp"], more.option(.block1), report).0.code == .continue)
        #expect(try authenticate(other) == .forbidden)
        for isOthers in [false, true] {
            if isOthers { #expect(try authenticate(other) == .created) }
            let next = try ask(.get, ["p", "cmd"], second.option(.block2)).0
            #expect(next.code == (isOthers ? .requestEntityIncomplete : .unauthorized))
            #expect(next.payload == [])
            let rest = try ask(.post, ["p", "rsp"], last.option(.block1), [1]).0
            #expect(rest.code == (isOthers ? .requestEntityIncomplete : .unauthorized))
            client.send(fetch.datagram)
            #expect(try client.receive(within: 0.3) == nil)
        }
        #expect(try other.fetch(client) == Self.nothing)
    }

    @Test func theEndIsSaidAloud() throws {
        let service = try RunningService(Self.options)
        let client = try CoAPClient(service)
        let codes = try [ClientRequest(.get, path: ["p", "cmd"]), ClientRequest(.get, path: [])].map {
            try client.answer($0).code
        }
        #expect(codes == [.unauthorized, .notFound])
        let outcome = try service.end(by: SIGTERM)
        #expect(outcome.status == 0)
        let lines = outcome.errors.split(separator: "\n").filter { $0.contains("\"event\":\"request\"") }
        #expect(lines.count == 2)
        let pattern = #/"path":"/p/cmd","code":"4.01","microseconds":[0-9]+,"received":0,"sent":0}$/#
        #expect(lines.first?.contains(pattern) == true, "\(lines)")
        try client.waitForEnd()
        #expect(client.closing == .byPeer)
    }

    @Test func fetchesThatComeTooOftenAreToldToWait() throws {
        let service = try RunningService(Self.options + ["--fetches-per-minute", "1"])
        let key = try service.makeKey("owner")
        let device = try WireDevice(seed: 65)
        try service.claimSecurely(device, key)
        let client = try device.session(service)
        // A minute may turn over in between.
        var answer = try device.fetch(client)
        for _ in 0..<2 where answer.code == .content { answer = try device.fetch(client) }
        #expect(answer.code == .serviceUnavailable)
        #expect(1...60 ~= answer.maxAge ?? 0)
        // A report is never refused.
        let report = DeviceMessage.responses([DeviceResponse(correlationID: "x", result: .config)]).cbor
        #expect(try device.report(client, octets: report).code == .changed)
    }

    @Test func sessionsAreBounded() throws {
        let service = try RunningService(Self.options + ["--coap-sessions", "2"])
        let clients = try (0..<2).map { _ in try CoAPClient(service) }
        #expect(!(try CoAPClient(service, ClientSettings(), patience: 2)).isEstablished)
        #expect(clients.allSatisfy { $0.closing == nil })
        let metrics = try service.askSecurely(try service.makeKey("owner"), "GET", "/metrics", root: "")
        #expect(metrics.contains("\nassayd_coap_sessions 2\n"))
        #expect(metrics.contains("\nassayd_coap_handshakes_total{result=\"full\"} 2\n"))
        let outcome = try service.end(by: SIGTERM)
        // Once, however often the hello came.
        #expect(outcome.errors.components(separatedBy: "\"event\":\"coap-no-room\"").count == 2)
    }

    /// What cannot be served is said before anything is.
    @Test(arguments: [
        (["--coap", "127.0.0.1:0"], 2, "--coap needs a certificate"),
        (["--coap", "127.0.0.1:0", "--http"], 2, "--coap needs a certificate"),
        (["--self-signed", "--coap-idle", "60"], 2, "--coap-sessions and --coap-idle need --coap"),
        (["--coap-sessions", "9"], 2, "--coap-sessions and --coap-idle need --coap"),
        (["--coap", "nowhere", "--self-signed"], 2, "expected ADDRESS:PORT"),
        (["--coap", "192.0.2.1:5684", "--self-signed"], 5, "this machine has no such address"),
        (["--coap", "127.0.0.1:0", "--self-signed", "--coap-idle", "5"], 2, "--coap-idle must be"),
        (["--coap", "127.0.0.1:0", "--self-signed", "--coap-sessions", "0"], 2, "--coap-sessions must be"),
        (
            ["--coap", "127.0.0.1:0", "--tls-cert", "rsa.crt", "--tls-key", "rsa.key"], 4,
            "expected a P-256 key"
        ),
    ])
    func whatCannotBeServedIsSaid(options: [String], status: Int32, message: String) throws {
        let folder = try WorkFolder()
        if options.contains("rsa.crt") {
            let made = try ChildProcess(
                [
                    "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "rsa.key", "-out",
                    "rsa.crt",
                    "-days", "2", "-subj", "/CN=localhost",
                ], in: folder.url, environment: ["PATH": "/usr/bin:/bin"], input: Data(), limit: 30
            ).run()
            try #require(made.status == 0)
        }
        let outcome = try Program(
            TestPaths.service, ["serve", "--data", "data", "--listen", "127.0.0.1:0"] + options,
            in: folder.url
        ).wait(limit: 20)
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(outcome.output == "")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }
}
