import Attestation
import DeviceIdentity
import JSON
import ProvisioningAPI
import ProvisioningCommands
import Registry
import Store
import TestFleet
import Testing

@testable import Service

/// Each state in which a device can be stuck, made once and named right.
@Suite struct DiagnosisTests {
    private let device: TestDevice

    init() throws { device = try TestDevice(seed: 1) }

    private func reason(_ bench: ServiceBench, key: String? = nil) -> String? {
        bench.send("GET", "/claimed-devices/\(device.uuid)/diagnosis", key: key).json?["reason"]?.stringValue
    }

    @Test func `before and at the claim`() throws {
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

    @Test func `on its way`() throws {
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
        _ = try bench.commands(device)
        #expect(reason(bench) == "unanswered")
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

    @Test func `what failed`() throws {
        let bench = try ServiceBench()
        try bench.claim(device)
        let id = try bench.add(device, #"{"clientPrivateKeyGeneration":{"secTag":1}}"#)
        try bench.report(device, try bench.run(device, try bench.commands(device)) { _ in 514 })
        #expect(reason(bench) == "suspended")
        _ = bench.send("DELETE", "/claimed-devices/\(device.uuid)/provisioning/\(id)")
        _ = try bench.commands(device, query: "rxMaxSize=200")
        try bench.add(device, #"{"config":{"properties":{"k":"\#(String(repeating: "v", count: 300))"}}}"#)
        #expect(reason(bench) == "too-large")
    }

    @Test func `an emptied queue`() throws {
        let bench = try ServiceBench { $0.onFailure = .clear }
        try bench.claim(device)
        try bench.add(device, #"{"clientPrivateKeyGeneration":{"secTag":1}}"#)
        try bench.report(device, try bench.run(device, try bench.commands(device)) { _ in 514 })
        #expect(reason(bench) == "cleared")
        #expect(bench.status(device) == "ERROR")
    }

    @Test func `a clock and a throttle`() throws {
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

    @Test func `a bench learns keys from the devices' own signatures`() throws {
        let bench = try ServiceBench { $0.learnKeys = true }
        #expect(try bench.claimAgain(device).status == 201)
        #expect(try bench.fetch(device, jwt: bench.jwt(device, signer: TestDevice(seed: 9))).status == 401)
        #expect(try bench.fetch(device).status == 204)
        #expect(try bench.fetch(device, jwt: bench.jwt(device, signer: TestDevice(seed: 9))).status == 403)
    }
}
