import DeviceIdentity
import Foundation
import JSON
import OpenSSL
import PKIX
import ProvisioningAPI
import ProvisioningCommands
import Synchronization
import TestFleet
import Testing

@testable import Service

/// What a client that repeats, a line that onboards and a person who watches see.
@Suite struct OperationTests {
    @Test func `a repeated command with its key is one command`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 1)
        try bench.claim(device)
        func post(_ body: String, _ key: String) -> ServiceResponse {
            bench.service.respond(
                to: ServiceRequest(
                    method: "POST", path: "/v1/claimed-devices/\(device.uuid)/provisioning",
                    headers: [
                        (name: "authorization", value: "bearer \(bench.owner)"),
                        (name: "Idempotency-Key", value: key),
                    ], body: Array(body.utf8)))
        }
        let first = post(#"{"request":{"finished":{}}}"#, "k")
        let second = post(#"{"request":{"finished":{}}}"#, "k")
        #expect(first.status == 201)
        #expect(second.status == 201)
        #expect(second.body == first.body)
        #expect(post(#"{"request":{"config":{"properties":{"a":"b"}}}}"#, "k").status == 422)
        #expect(post(#"{"request":{"finished":{}}}"#, "l").body != first.body)
        #expect(
            bench.send("GET", "/claimed-devices/\(device.uuid)/provisioning").json?["total"] == .integer(2))
    }

    @Test func `devices are onboarded by rows, and the bad ones named`() throws {
        let bench = try ServiceBench { $0.publicAddress = "https://service.example" }
        func row(_ id: String, _ key: PrivateKey) -> String {
            let pem = PEMWriter.encode(label: "PUBLIC KEY", der: key.publicKey.spki)
            return "\(id),gateway,a|b,APP|MODEM,\"\(String(decoding: pem, as: UTF8.self))\"\n"
        }
        let key = try PrivateKey.generate(.p256)
        let good = bench.send("POST", "/devices", row("one", key), type: "text/csv")
        #expect(good.status == 202)
        let id = try #require(good.json?["bulkOpsRequestId"]?.stringValue)
        #expect(bench.send("GET", "/bulk-ops-requests/\(id)").json?["status"] == .string("SUCCEEDED"))
        #expect(
            bench.send("GET", "/devices/one").json?["tags"] == .array([.string("a"), .string("b")]))
        #expect(bench.send("GET", "/devices/two").status == 404)
        let mixed = bench.send(
            "POST", "/devices", row("two", try PrivateKey.generate(.p256)) + row("three", key) + "x\n",
            type: "text/csv")
        let failed = try #require(mixed.json?["bulkOpsRequestId"]?.stringValue)
        let operation = bench.send("GET", "/bulk-ops-requests/\(failed)").json
        #expect(operation?["status"] == .string("FAILED"))
        let address = try #require(operation?["errorSummaryUrl"]?.stringValue)
        #expect(address == "https://service.example/v1/bulk-ops-requests/\(failed)/errors")
        let errors = bench.service.respond(
            to: ServiceRequest(method: "GET", path: "/v1/bulk-ops-requests/\(failed)/errors"))
        #expect(
            try JSONValue(parsing: errors.body)
                == .object([
                    "errors": .array([
                        .string("[2]: expected deviceId,subType,tags,fwTypes,certificate, found 1 fields"),
                        .string(
                            "[1]: The device certificate is already registered and attached to a different device."
                        ),
                    ])
                ]))
        #expect(bench.send("GET", "/devices").json?["items"]?.arrayValue?.count == 2)
        #expect(bench.send("DELETE", "/devices/two").status == 202)
        #expect(bench.send("DELETE", "/devices/two").status == 404)
        #expect(bench.send("POST", "/devices", "", type: "text/csv").status == 422)
    }

    @Test func `many at once lose nothing`() async throws {
        let bench = try ServiceBench()
        let devices = try (1...24).map { try TestDevice(seed: $0) }
        for device in devices { try bench.register(device) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for device in devices {
                group.addTask {
                    try bench.claimAgain(device)
                    for _ in 0..<3 { try bench.add(device, #"{"config":{"properties":{"a":"b"}}}"#) }
                    try bench.add(device, #"{"finished":{}}"#)
                    try bench.provision(device)
                }
            }
            try await group.waitForAll()
        }
        #expect(devices.map { bench.status($0) } == devices.map { _ in "PROVISIONED" })
        let metrics = bench.service.metricsText
        #expect(metrics.contains("assayd_requests_total{route=\"claim\",status=\"201\"} 24\n"))
        #expect(metrics.contains("assayd_faults_total 0\n"))
    }

    @Test func `a service that closes says so in the words of each side`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 1)
        try bench.claim(device)
        #expect(bench.service.isReady)
        bench.service.shutdown()
        #expect(!bench.service.isReady)
        let answer = bench.send("GET", "/account")
        #expect(answer.status == 503)
        #expect(answer.headers == ["Retry-After: 5"])
        #expect(try bench.fetch(device).status == 500)
    }

    @Test func `a device's bad requests are told apart, and a report is its own only`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 1)
        let other = try TestDevice(seed: 2)
        try bench.claim(device)
        try bench.claim(other)
        try bench.add(device, #"{"finished":{}}"#)
        let commands = try bench.commands(device)
        // Another device's JWT: 200, and nothing changes.
        #expect(try bench.report(other, try bench.run(device, commands)) == 200)
        #expect(bench.status(device) == "PROVISIONING")
        func post(_ body: [UInt8], _ type: String) throws -> Int {
            bench.service.respondToDevice(
                ServiceRequest(
                    method: "POST", path: "/v1/provisioning/response",
                    headers: [
                        (name: "Authorization", value: "Bearer \(try bench.jwt(device))"),
                        (name: "Content-Type", value: type),
                    ], body: body)
            ).status
        }
        #expect(try post([0x80], "application/cbor") == 400)
        #expect(try post([0xff], "application/cbor") == 400)
        #expect(try post(DeviceMessage.commands(commands).cbor, "application/cbor") == 400)
        #expect(try post([0x80], "application/json") == 415)
        for query in ["limit=x", "limit=-1", "rxMaxSize=1e3", "txMaxSize=99999999999999999999"] {
            #expect(try bench.fetch(device, query: query).status == 400)
        }
        #expect(
            bench.service.respondToDevice(ServiceRequest(method: "GET", path: "/v1/account")).status == 404)
        #expect(
            bench.service.respondToDevice(
                ServiceRequest(method: "PUT", path: "/v1/provisioning/commands")
            ).status == 405)
        #expect(try bench.report(device, try bench.run(device, commands)) == 200)
        #expect(bench.status(device) == "PROVISIONED")
        #expect(try bench.report(device, try bench.run(device, commands)) == 200)
    }

    @Test func `every change has its actor and its event`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 1)
        try bench.claim(device, tags: ["g"])
        let id = try bench.add(device, #"{"finished":{}}"#)
        _ = bench.send("POST", "/claimed-devices/\(device.uuid)/provisioning/\(id)/skip")
        _ = bench.send("POST", "/claimed-devices/\(device.uuid)/provisioning/\(id)/retry")
        try bench.provision(device)
        _ = bench.send("PUT", "/claimed-devices/\(device.uuid)/block")
        let events =
            bench.send("GET", "/claimed-devices/\(device.uuid)/events").json?["items"]?.arrayValue ?? []
        let key = try #require(try bench.service.listKeys().first).id
        #expect(
            events.map { "\($0["actor"]?.stringValue ?? "") \($0["kind"]?.stringValue ?? "")" } == [
                "key:\(key) device.claimed", "key:\(key) command.added", "key:\(key) command.skipped",
                "key:\(key) command.retried", "device commands.delivered", "device commands.reported",
                "key:\(key) device.blocked",
            ])
    }
}
