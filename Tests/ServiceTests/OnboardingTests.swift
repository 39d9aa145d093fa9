import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningAPI
import ProvisioningCommands
import Store
import TestFleet
import Testing

@testable import Service

/// Rules that the service completes with certificates of its own CA.
@Suite struct OnboardingTests {
    private let rule = #"""
        {"name":"onboard","active":true,"tags":["nrf-cloud-onboarding"],"commands":[
        {"request":{"clientPrivateKeyGeneration":{"secTag":16842753}}},
        {"request":{"cloudAccessKeyGeneration":{"secTag":16842753}}},
        {"request":{"config":{"properties":{"a":"b"}}}}]}
        """#

    private func certificates(_ bench: ServiceBench, _ device: TestDevice) -> [String] {
        bench.send("GET", "/claimed-devices/\(device.uuid)/provisioning").json?["items"]?.arrayValue?
            .compactMap {
                $0["request"]?["clientCertificate"]?["content"]?.stringValue
            } ?? []
    }

    @Test func `a device under the rule ends PROVISIONED with one certificate`() throws {
        let folder = try WorkFolder()
        let authority = try AuthorityBench(in: folder)
        let bench = try ServiceBench { $0.authorityFolder = authority.path }
        #expect(bench.send("POST", "/provisioning-rules", rule).status == 201)
        let devices = try (1...3).map { try TestDevice(seed: $0) }
        for device in devices {
            try bench.claim(device, tags: ["nrf-cloud-onboarding"])
            try bench.provision(device)
            #expect(bench.status(device) == "PROVISIONED")
            #expect(certificates(bench, device).count == 1)
        }
        #expect(try authority.content().certificates == 3)
        #expect(try authority.content().intents == 0)
        // A second rule has the device make another key, for which there is another certificate.
        #expect(
            bench.send("POST", "/provisioning-rules", rule.replacing("onboard\"", with: "again\"")).status
                == 201)
        try bench.provision(devices[0])
        #expect(bench.status(devices[0]) == "PROVISIONED")
        #expect(certificates(bench, devices[0]).count == 2)
        #expect(try authority.content().certificates == 4)
    }

    @Test func `without a CA the device waits for one, and goes on when there is one`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 1)
        #expect(bench.send("POST", "/provisioning-rules", rule).status == 201)
        try bench.claim(device, tags: ["nrf-cloud-onboarding"])
        try bench.provision(device)
        #expect(bench.status(device) == "PROVISIONING")
        #expect(
            bench.send("GET", "/claimed-devices/\(device.uuid)/diagnosis").json?["reason"]
                == .string("no-authority"))
        let authority = try AuthorityBench(in: bench.folder)
        let later = try ServiceBench(over: bench) { $0.authorityFolder = authority.path }
        try later.provision(device)
        #expect(later.status(device) == "PROVISIONED")
        #expect(certificates(later, device).count == 1)
    }

    @Test func `a CA whose key is encrypted signs when its passphrase is given`() throws {
        let folder = try WorkFolder()
        let authority = try AuthorityBench(in: folder, passphrase: "open sesame")
        for (passphrase, message) in [
            (nil, "the CA's key is encrypted: expected its passphrase, found none"),
            ("close sesame", "the passphrase does not open the CA's key"),
        ] as [(String?, String)] {
            do {
                _ = try ServiceBench {
                    $0.authorityFolder = authority.path
                    $0.authorityPassphrase = passphrase.map { Array($0.utf8) }
                }
                Issue.record("expected the service not to start")
            } catch let error as ToolError {
                #expect(error.code == .passphrase)
                #expect(error.message == message)
                #expect(error.context.map(\.value) == [authority.path + "/ca.key"])
            }
        }
        let bench = try ServiceBench {
            $0.authorityFolder = authority.path
            $0.authorityPassphrase = Array("open sesame".utf8)
        }
        #expect(bench.service.configuration.authorityPassphrase == nil)
        #expect(bench.send("POST", "/provisioning-rules", rule).status == 201)
        let device = try TestDevice(seed: 1)
        try bench.claim(device, tags: ["nrf-cloud-onboarding"])
        try bench.provision(device)
        #expect(bench.status(device) == "PROVISIONED")
    }

    @Test func `a request that the CA refuses suspends the device and says why`() throws {
        let folder = try WorkFolder()
        let authority = try AuthorityBench(in: folder)
        let bench = try ServiceBench { $0.authorityFolder = authority.path }
        #expect(bench.send("POST", "/provisioning-rules", rule).status == 201)
        let device = try TestDevice(seed: 1)
        let other = try TestDevice(seed: 2)
        try bench.claim(device, tags: ["nrf-cloud-onboarding"])
        try bench.register(other)
        let commands = try bench.commands(device)
        // The CSR of another device: its identity key does not vouch for this one.
        try bench.report(device, try bench.run(device, commands, requestsOf: other))
        #expect(bench.status(device) == "ERROR")
        let diagnosis = bench.send("GET", "/claimed-devices/\(device.uuid)/diagnosis").json
        #expect(diagnosis?["reason"] == .string("certificate-refused"))
        #expect(try authority.content().certificates == 0)
    }
}
