import Foundation
import TestFleet
import TestSupport
import Testing

/// The whole way by the real program and real sockets: claim, command, fetch, report, status.
@Suite(.serialized) struct FlowTests {
    /// An API key from the command line, beside a service that runs or before one does.
    private func key(_ folder: WorkFolder, _ options: [String] = ["--role", "owner"]) throws -> String {
        let outcome = try Program(
            TestPaths.service, ["key", "create", "--data", "data"] + options, in: folder.url
        ).wait(limit: 20)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return String(try #require(outcome.wholeLines.first))
    }

    private func ask(
        _ service: RunningService, _ key: String, _ method: String, _ path: String, _ body: String = ""
    ) throws -> WireAnswer {
        try service.ask(
            method, path, headers: ["Authorization: Bearer \(key)", "Content-Type: application/json"],
            body: body)
    }

    private func restart(_ service: RunningService) throws -> RunningService {
        service.send(SIGKILL)
        #expect(try service.wait().status == nil)
        return try RunningService(in: service.folder)
    }

    /// kill -9 after each answer: what was answered stays.
    @Test func claimedToProvisionedThroughKills() throws {
        var service = try RunningService()
        let key = try key(service.folder)
        let device = try WireDevice(seed: 20)
        let path = "/v1/claimed-devices/\(device.device.uuid)"
        #expect(try device.fetch(service).statusLine == "HTTP/1.1 401 Unauthorized")
        try device.register(at: service)
        let claimed = try ask(
            service, key, "POST", "/v1/claimed-devices",
            #"{"claimToken":"\#(try device.claimToken)","tags":["line-1"]}"#)
        #expect(claimed.status == 201, "\(claimed.text)")

        service = try restart(service)
        #expect(try ask(service, key, "GET", path).json()["status"] as? String == "READY")
        #expect(try device.fetch(service).status == 204)
        let made = try ask(
            service, key, "POST", path + "/provisioning",
            #"{"description":"key","request":{"clientPrivateKeyGeneration":{"secTag":16842753}}}"#)
        let command = try #require(try made.json()["id"] as? String)
        #expect(
            try ask(
                service, key, "POST", path + "/provisioning",
                #"{"description":"end","request":{"finished":{}}}"#
            ).status == 201)

        service = try restart(service)
        let first = try device.fetch(service)
        #expect(first.status == 200)
        #expect(first.header("Content-Type") == "application/cbor")
        #expect(first.headSize < 150)
        #expect(first.isWhole)

        // The device never reported: it gets them again.
        service = try restart(service)
        let second = try device.fetch(service)
        #expect(second.status == 200)
        let report = try device.report(service, try device.execute(second))
        #expect(report.statusLine == "HTTP/1.1 200 OK")
        #expect(report.headerNames == ["Content-Length", "Connection"])

        service = try restart(service)
        #expect(try ask(service, key, "GET", path).json()["status"] as? String == "PROVISIONED")
        #expect(
            try ask(service, key, "GET", path + "/provisioning/\(command)").json()["status"] as? String
                == "SUCCEEDED")
        let none = try device.fetch(service)
        #expect(none.statusLine == "HTTP/1.1 204 No Content")
        #expect(none.headerNames == ["Connection"])
        #expect(none.body == [])
        service.send(SIGTERM)
        let outcome = try service.wait()
        #expect(outcome.status == 0)
        // No line of the log has a credential in it.
        #expect(!outcome.errors.contains(key))
        #expect(!outcome.errors.contains("Bearer"))
        #expect(!outcome.errors.contains("eyJ"))
    }

    /// Every refused request is told apart, and says why.
    @Test func refusals() throws {
        let service = try RunningService()
        let owner = try key(service.folder)
        let viewer = try key(service.folder, ["--role", "viewer"])
        let device = try WireDevice(seed: 21)
        try device.register(at: service)
        let claim = #"{"claimToken":"\#(try device.claimToken)","tags":[]}"#
        let none = try service.ask(
            "POST", "/v1/claimed-devices", headers: ["Content-Type: application/json"], body: claim)
        #expect(none.status == 401)
        #expect(none.message?.isEmpty == false)
        #expect(try ask(service, viewer, "POST", "/v1/claimed-devices", claim).status == 403)
        let type = try service.ask(
            "POST", "/v1/claimed-devices",
            headers: ["Authorization: Bearer \(owner)", "Content-Type: application/xml"], body: claim)
        #expect(type.status == 415, "\(type.text)")
        #expect(type.message?.isEmpty == false)
        #expect([400, 422].contains(try ask(service, owner, "POST", "/v1/claimed-devices", "{").status))
        #expect(try ask(service, owner, "POST", "/v1/claimed-devices", claim).status == 201)
        // A key that was revoked beside the service counts no more.
        let list = try Program(
            TestPaths.service, ["key", "list", "--data", "data", "--json"], in: service.folder.url
        ).wait(limit: 20)
        let keys = try list.wholeLines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        // Of one second, in any order.
        #expect(keys.compactMap { $0["role"] as? String }.sorted() == ["owner", "viewer"])
        let id = try #require(keys.first { $0["role"] as? String == "owner" }?["id"] as? String)
        for (expected, message) in [(0, ""), (1, "assayd: note: no key in force has the id \(id)\n")] {
            let revoked = try Program(
                TestPaths.service, ["key", "revoke", "--data", "data", id], in: service.folder.url
            ).wait(limit: 20)
            #expect(revoked.status == Int32(expected))
            #expect(revoked.errors == message)
        }
        #expect(try ask(service, owner, "GET", "/v1/claimed-devices").status == 401)
    }

    /// What a device may send that is no report.
    @Test func reportsThatAreNone() throws {
        let service = try RunningService()
        let owner = try key(service.folder)
        let device = try WireDevice(seed: 22)
        try device.register(at: service)
        let claim = #"{"claimToken":"\#(try device.claimToken)","tags":[]}"#
        #expect(try ask(service, owner, "POST", "/v1/claimed-devices", claim).status == 201)
        for octets in [
            [], [0xff], [0x9f], [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x5a, 0xff],
        ]
            as [[UInt8]]
        {
            #expect(try device.report(service, octets: octets).status == 400, "\(octets)")
        }
        #expect(try device.report(service, octets: [0x80], type: "text/plain").status == 415)
        #expect(try device.fetch(service).status == 204)
    }

    /// A modem takes TLS records of about 2,000 octets at most.
    @Test func smallRecords() throws {
        let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"]
        guard ChildProcess.find("openssl", in: environment, from: URL(fileURLWithPath: "/")) != nil else {
            try Skip.test("openssl is not installed")
        }
        // What a plain service takes in, one with TLS gives out.
        let plain = try RunningService()
        let owner = try key(plain.folder)
        let device = try WireDevice(seed: 23)
        try device.register(at: plain)
        let claim = #"{"claimToken":"\#(try device.claimToken)","tags":[]}"#
        #expect(try ask(plain, owner, "POST", "/v1/claimed-devices", claim).status == 201)
        for _ in 0..<3 {
            let made = try ask(
                plain, owner, "POST", "/v1/claimed-devices/\(device.device.uuid)/provisioning",
                #"{"description":"c","request":{"config":{"properties":{"k":"\#(String(repeating: "v", count: 480))"}}}}"#
            )
            #expect(made.status == 201, "\(made.text)")
        }
        plain.send(SIGTERM)
        _ = try plain.wait()
        let service = try RunningService(["--self-signed"], in: plain.folder)
        let outcome = try ChildProcess(
            [
                "openssl", "s_client", "-connect", "127.0.0.1:\(service.port)", "-tls1_2", "-ign_eof", "-msg",
                "-msgfile", "messages.txt", "-CAfile", "data/tls.crt",
            ], in: service.folder.url, environment: environment,
            input: Data(try device.fetchRequest().utf8), limit: 30
        ).run()
        #expect(String(decoding: outcome.standardOutput, as: UTF8.self).contains("HTTP/1.1 200 OK"))
        let lines = try String(contentsOfFile: service.folder.path("messages.txt"), encoding: .utf8)
            .components(separatedBy: "\n")
        var lengths: [Int] = []
        for (line, next) in zip(lines, lines.dropFirst())
        where line.hasPrefix("<<< ") && line.contains("RecordHeader") {
            let octets = next.split(separator: " ").compactMap { Int($0, radix: 16) }
            if octets.count == 5, octets[0] == 0x17 { lengths.append(octets[3] * 256 + octets[4]) }
        }
        #expect(lengths.count >= 3, "\(lengths)")
        #expect(lengths.allSatisfy { $0 <= 1100 }, "\(lengths)")
        #expect(lengths.reduce(0, +) > 1400, "\(lengths)")
    }
}
