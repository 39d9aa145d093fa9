import Attestation
import DeviceIdentity
import JSON
import ProvisioningAPI
import ProvisioningCommands
import Registry
import Store
import Synchronization
import TestFleet
import Testing

@testable import Service

/// Each state in which a device can be stuck, made once and named right.
@Suite struct DiagnosisTests {
    private let device: TestDevice
    private let seen = Reasons()

    /// The reasons that were told, each with a message and a next step.
    private final class Reasons: Sendable {
        private let told = Mutex<Set<String>>([])
        var all: Set<String> { told.withLock { $0 } }
        func note(_ diagnosis: JSONValue?) -> String? {
            guard let reason = diagnosis?["reason"]?.stringValue else { return nil }
            #expect(diagnosis?["message"]?.stringValue?.isEmpty == false)
            #expect(diagnosis?["nextStep"]?.stringValue?.isEmpty == false)
            told.withLock { _ = $0.insert(reason) }
            return reason
        }
    }

    init() throws { device = try TestDevice(seed: 1) }

    private func diagnosis(_ bench: ServiceBench) -> JSONValue? {
        bench.send("GET", "/claimed-devices/\(device.uuid)/diagnosis").json
    }

    private func reason(_ bench: ServiceBench, key: String? = nil) -> String? {
        seen.note(bench.send("GET", "/claimed-devices/\(device.uuid)/diagnosis", key: key).json)
    }

    @Test func `each state is made once and named right`() throws {
        try beforeAndAtTheClaim()
        try onItsWay()
        try whatFailed()
        try anEmptiedQueue()
        try aClockAndAThrottle()
        try certificates()
        #expect(seen.all == Set(Diagnosis.Reason.allCases.map(\.rawValue)))
    }

    private func beforeAndAtTheClaim() throws {
        let bench = try ServiceBench()
        #expect(reason(bench) == "key-unknown")
        let registry = try SQLiteStore(path: bench.folder.path("assay.db"), access: .create)
        _ = try registry.register(
            [
                Registration(
                    uuid: device.uuid, key: IdentityKey(publicKey: device.publicKey, trust: .observed),
                    how: .learned, inputDigest: nil)
            ], at: bench.now)
        #expect(reason(bench) == "key-untrusted")
        _ = try registry.confirm(device.uuid, expectedKeyID: nil, at: bench.now)
        #expect(reason(bench) == "unclaimed")
        try bench.claimAgain(device)
        let other = try bench.service.createKey(role: .owner, team: "Yard", name: "k").secret
        #expect(reason(bench, key: other) == "claimed-elsewhere")
        #expect(reason(bench) == "never-seen")
    }

    private func onItsWay() throws {
        let bench = try ServiceBench()
        try bench.claim(device)
        #expect(try bench.commands(device).isEmpty)
        #expect(reason(bench) == "no-tag")
        _ = bench.send("PUT", "/claimed-devices/\(device.uuid)/tags", #"["g"]"#)
        #expect(reason(bench) == "no-rule")
        let rule = #"{"name":"r","tags":["g"],"commands":[{"request":{"config":{"properties":{"a":"b"}}}}]}"#
        let id = bench.send("POST", "/provisioning-rules", rule).json?["id"]?.stringValue ?? ""
        #expect(reason(bench) == "rule-draft")
        _ = bench.send("POST", "/provisioning-rules/\(id)/activate")
        #expect(reason(bench) == "waiting")
        let first = try bench.commands(device)
        #expect(reason(bench) == "unanswered")
        bench.now += 599
        _ = try bench.commands(device)
        #expect(reason(bench) == "unanswered")
        bench.now += 1
        #expect(reason(bench) == "overdue")
        let message = diagnosis(bench)?["message"]?.stringValue
        #expect(
            message
                == "the device fetched config 2 times and has not reported a result for 600 s, its time-out being 600 s"
        )
        // What is late still counts.
        let late = try bench.commands(device)
        #expect(late != first)
        try bench.report(device, try bench.run(device, late))
        #expect(reason(bench) == "not-finished")
        try bench.report(device, try bench.run(device, first))
        try bench.provision(device)
        #expect(reason(bench) == "not-finished")
        try bench.add(device, #"{"finished":{}}"#)
        #expect(reason(bench) == "waiting")
        try bench.provision(device)
        #expect(reason(bench) == "provisioned")
        _ = bench.send("PUT", "/claimed-devices/\(device.uuid)/block")
        #expect(reason(bench) == "blocked")
    }

    private func whatFailed() throws {
        let bench = try ServiceBench()
        try bench.claim(device)
        let id = try bench.add(device, #"{"clientPrivateKeyGeneration":{"secTag":1}}"#)
        try bench.report(device, try bench.run(device, try bench.commands(device)) { _ in 514 })
        #expect(reason(bench) == "suspended")
        #expect(diagnosis(bench)?["commandId"] == .string(id))
        #expect(diagnosis(bench)?["message"]?.stringValue?.contains("failed with CME 514 (") == true)
        _ = bench.send("DELETE", "/claimed-devices/\(device.uuid)/provisioning/\(id)")
        _ = try bench.commands(device, query: "rxMaxSize=200")
        try bench.add(device, #"{"config":{"properties":{"k":"\#(String(repeating: "v", count: 300))"}}}"#)
        #expect(reason(bench) == "too-large")
    }

    private func anEmptiedQueue() throws {
        let bench = try ServiceBench { $0.onFailure = .clear }
        try bench.claim(device)
        try bench.add(device, #"{"clientPrivateKeyGeneration":{"secTag":1}}"#)
        try bench.report(device, try bench.run(device, try bench.commands(device)) { _ in 514 })
        #expect(reason(bench) == "cleared")
        #expect(bench.status(device) == "ERROR")
    }

    private func aClockAndAThrottle() throws {
        let bench = try ServiceBench { $0.fetchesPerMinute = 2 }
        try bench.claim(device)
        #expect(try bench.fetch(device, jwt: bench.jwt(device, expires: bench.now - 400)).status == 403)
        #expect(reason(bench) == "clock")
        #expect(try bench.fetch(device).status == 204)
        #expect(reason(bench) == "no-tag")
        #expect(try bench.fetch(device).status == 204)
        #expect(try bench.fetch(device).status == 500)
        #expect(reason(bench) == "throttled")
    }

    private func certificates() throws {
        let rule = #"""
            {"name":"c","active":true,"tags":["c"],"commands":[{"request":{"cloudAccessKeyGeneration":{"secTag":1}}}]}
            """#
        let bench = try ServiceBench()
        _ = bench.send("POST", "/provisioning-rules", rule)
        try bench.claim(device, tags: ["c"])
        let other = try TestDevice(seed: 2)
        // The CSR of another device: its identity key does not vouch for this one.
        try bench.report(device, try bench.run(device, try bench.commands(device), requestsOf: other))
        #expect(reason(bench) == "no-authority")
        let authority = try AuthorityBench(in: bench.folder)
        let later = try ServiceBench(over: bench) { $0.authorityFolder = authority.path }
        _ = try later.fetch(device)
        #expect(reason(later) == "certificate-refused")
    }

    /// A command's own time-out, in what is told of the command, and what an operator can do then.
    @Test func `an overdue command can be skipped`() throws {
        let bench = try ServiceBench { $0.commandTimeout = 0 }
        try bench.claim(device)
        let path = "/claimed-devices/\(device.uuid)/provisioning"
        let body = #"{"timeoutSeconds":30,"request":{"config":{"properties":{"a":"b"}}}}"#
        let added = bench.send("POST", path, body).json
        let id = try #require(added?["id"]?.stringValue)
        #expect(added?["timeoutSeconds"] == .integer(30))
        #expect(added?["attempts"] == .integer(0))
        #expect(added?["deliveredAt"] == nil)
        let usual = try bench.add(device, #"{"finished":{}}"#)
        _ = try bench.commands(device)
        bench.now += 29
        _ = try bench.commands(device)
        #expect(bench.send("POST", path + "/\(id)/skip").status == 409)
        bench.now += 1
        let shown = bench.send("GET", path + "/\(id)").json
        #expect(shown?["attempts"] == .integer(2))
        #expect(shown?["overdue"] == .bool(true))
        #expect(shown?["deliveredAt"] == .string("2026-05-28T20:27:09.000Z"))
        #expect(bench.send("GET", path + "/\(usual)").json?["overdue"] == .bool(false))
        #expect(reason(bench) == "overdue")
        #expect(bench.send("POST", path + "/\(usual)/skip").status == 409)
        #expect(bench.send("POST", path + "/\(id)/skip").json?["status"] == .string("SKIPPED"))
        try bench.provision(device)
        #expect(bench.status(device) == "PROVISIONED")
        // Changing a command changes its time-out too.
        let next = try bench.add(device, #"{"config":{"properties":{"c":"d"}}}"#)
        #expect(bench.send("PUT", path + "/\(next)", body).json?["timeoutSeconds"] == .integer(30))
        #expect(
            bench.send("PUT", path + "/\(next)", #"{"request":{"finished":{}}}"#).json?["timeoutSeconds"]
                == nil)
    }

    @Test func `a bench learns keys from the devices' own signatures`() throws {
        let bench = try ServiceBench { $0.learnKeys = true }
        #expect(try bench.claimAgain(device).status == 201)
        #expect(try bench.fetch(device, jwt: bench.jwt(device, signer: TestDevice(seed: 9))).status == 401)
        #expect(try bench.fetch(device).status == 204)
        #expect(try bench.fetch(device, jwt: bench.jwt(device, signer: TestDevice(seed: 9))).status == 403)
    }
}
