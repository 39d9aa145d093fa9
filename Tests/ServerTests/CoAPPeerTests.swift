import DeviceIdentity
import Foundation
import ProvisioningCommands
import TestFleet
import TestSupport
import Testing

/// Clients of others against our DTLS and CoAP: aiocoap through a tunnel, and libcoap's own.
@Suite(.serialized) struct CoAPPeerTests {
    private static let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"]

    private static func demand(_ program: String) throws {
        guard ChildProcess.find(program, in: environment, from: URL(fileURLWithPath: "/")) != nil else {
            try Skip.test("\(program) is not installed")
        }
    }

    private struct Answer: Decodable, Equatable {
        var code: String?
        var format: Int?
        var maxAge: Int?
        var payload: String?
        var error: String?

        var octets: [UInt8] { payload.flatMap { Hex.decode($0) } ?? [] }
    }

    /// Runs aiocoap with these lines, through a tunnel that makes a DTLS session of each of its sockets.
    ///
    /// With the suites that socat offers by itself its hello comes in two fragments, which no server can take without
    /// keeping something for an address that it has not seen.
    private func aiocoap(_ service: RunningService, _ lines: [String]) throws -> [Answer] {
        let port = try LoopbackPort.free()
        let tunnel = try Program(
            URL(fileURLWithPath: "/usr/bin/timeout"),
            [
                "120", "socat", "-T", "20", "UDP4-LISTEN:\(port),bind=127.0.0.1,fork",
                "OPENSSL-DTLS-CLIENT:127.0.0.1:\(try #require(service.coapPort)),cafile=data/tls.crt,cipher=ECDHE-ECDSA-AES128-GCM-SHA256",
            ], in: service.folder.url)
        defer {
            tunnel.send(SIGTERM)
            _ = try? tunnel.wait(limit: 5)
        }
        Thread.sleep(forTimeInterval: 0.5)
        let script = TestPaths.root.appendingPathComponent("fixtures/peers/coap-device.py").path
        let outcome = try ChildProcess(
            [try Peers.python(), script, "\(port)"], in: service.folder.url, environment: Self.environment,
            input: Data((lines.joined(separator: "\n") + "\n").utf8), limit: 60
        ).run()
        try #require(outcome.status == 0, "\(String(decoding: outcome.standardError, as: UTF8.self))")
        return try String(decoding: outcome.standardOutput, as: UTF8.self).split(separator: "\n").map {
            try JSONDecoder().decode(Answer.self, from: Data($0.utf8))
        }
    }

    private func authentication(_ device: WireDevice) throws -> String {
        "POST p/auth-jwt?mver=mfw_nrf91x1_2.0.2&cver=3.2.0 60 \(Hex.encode(Array(try device.jwt().utf8)))"
    }

    /// The whole flow: 4.01, authenticated, nothing to do, commands in blocks, a report of 3,000 octets in blocks.
    @Test func aiocoapProvisions() throws {
        _ = try Peers.python()
        try Self.demand("socat")
        let service = try RunningService(CoAPFlowTests.options)
        let key = try service.makeKey("owner")
        let device = try WireDevice(seed: 80)
        try service.claimSecurely(device, key)
        let fetch = "GET p/cmd?" + WireDevice.coapQuery.joined(separator: "&")
        let first = try aiocoap(service, [fetch, try authentication(device), fetch])
        #expect(first.map(\.error) == [nil, nil, nil])
        #expect(first.map(\.code) == ["4.01", "2.01", "2.05"])
        #expect(first.last?.payload == "")
        #expect(first.dropFirst().first?.maxAge == 2_592_000)

        // Two blocks of 1,024 octets.
        let made = try service.askSecurely(
            key, "POST", "/claimed-devices/\(device.device.uuid)/provisioning",
            #"{"request":{"config":{"properties":{"a":"\#(String(repeating: "x", count: 1_500))"}}}}"#)
        let command = try #require(try JSONText.member("id", of: made), "\(made)")
        let second = try aiocoap(service, [try authentication(device), fetch])
        #expect(second.map(\.code) == ["2.01", "2.05"])
        let batch = try #require(second.last).octets
        #expect(batch.count > 1_500)
        guard case .commands(let commands) = try DeviceMessage(cbor: batch) else {
            Issue.record("expected commands")
            return
        }
        #expect(commands.count == 1)
        // Answers to what nobody asked are taken and dropped: they make the report long.
        let responses = try device.execute(octets: batch)
        guard case .responses(let own) = try DeviceMessage(cbor: responses) else {
            Issue.record("expected responses")
            return
        }
        let other = DeviceResponse(
            correlationID: "00000000-0000-0000-0000-000000000001.1",
            result: .ok(message: String(repeating: "y", count: 3_000)))
        let report = DeviceMessage.responses(own + [other]).cbor
        #expect(report.count > 3_000)
        let third = try aiocoap(
            service, [try authentication(device), "POST p/rsp 60 \(Hex.encode(report))", fetch, "new", fetch])
        #expect(third.map(\.error) == [nil, nil, nil, nil])
        #expect(third.map(\.code) == ["2.01", "2.04", "2.05", "4.01"])
        #expect(third[2].payload == "")
        let state = try service.askSecurely(
            key, "GET", "/claimed-devices/\(device.device.uuid)/provisioning/\(command)")
        #expect(try JSONText.member("status", of: state) == "SUCCEEDED")
    }

    /// libcoap's client with two TLS libraries: a session a call.
    @Test(arguments: ["coap-client-openssl", "coap-client-gnutls"])
    func libcoapIsAnswered(program: String) throws {
        try Self.demand(program)
        let service = try RunningService(CoAPFlowTests.options)
        let key = try service.makeKey("owner")
        let device = try WireDevice(seed: 81)
        try service.claimSecurely(device, key)
        let url = "coaps://127.0.0.1:\(try #require(service.coapPort))"
        func ask(_ options: [String], _ path: String) throws -> String {
            let outcome = try ChildProcess(
                [program, "-R", "data/tls.crt", "-B", "10"] + options + ["\(url)/\(path)"],
                in: service.folder.url,
                environment: Self.environment, input: Data(), limit: 30
            ).run()
            return String(decoding: outcome.standardOutput + outcome.standardError, as: UTF8.self)
        }
        #expect(try ask(["-m", "get"], "p/cmd").contains("4.01"))
        #expect(try ask(["-m", "get"], "nothing").contains("4.04"))
        try Data(device.jwt().utf8).write(to: service.folder.url.appendingPathComponent("jwt"))
        let created = try ask(["-m", "post", "-t", "60", "-f", "jwt", "-v", "6"], "p/auth-jwt?cver=3.2.0")
        #expect(created.contains("2.01"), "\(created)")
        #expect(created.contains("Max-Age:2592000"), "\(created)")
    }
}
