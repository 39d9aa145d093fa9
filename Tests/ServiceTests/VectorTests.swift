import DeviceIdentity
import Foundation
import JSON
import ProvisioningAPI
import ProvisioningCommands
import TestFleet
import TestSupport
import Testing

@testable import Service

/// The published example bodies, as clients of the vendor send them.
@Suite struct VectorTests {
    private static let folder = TestPaths.vectors?.appendingPathComponent("provisioning-commands")

    private func text(_ name: String) throws -> String {
        let folder = try #require(Self.folder)
        return String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
    }

    @Test(.needsVectors)
    func `each example of a command is taken, and comes to the device`() throws {
        let bench = try ServiceBench()
        let device = try TestDevice(seed: 1)
        try bench.claim(device)
        for name in [
            "certificateSigningRequest", "clientCertificate", "clientPrivateKeyGeneration",
            "cloudAccessKeyGeneration", "serverCertificate", "unproven/clientPrivateKey", "unproven/config",
            "unproven/preSharedKey", "finished",
        ] {
            let answer = bench.send(
                "POST", "/claimed-devices/\(device.uuid)/provisioning", try text(name + ".json"))
            #expect(answer.status == 201, "\(name)")
            // With the line ends of another system, and without the last.
            let spoilt = try text(name + ".json").replacing(#"\n"#, with: #"\r\n"#)
                .replacing(#"-----\r\n""#, with: #"-----""#)
            let again = bench.send("POST", "/claimed-devices/\(device.uuid)/provisioning", spoilt)
            #expect(again.json?["request"] == answer.json?["request"], "\(name)")
        }
        try bench.provision(device)
        #expect(bench.status(device) == "PROVISIONED")
    }

    @Test(.needsVectors)
    func `the onboarding rule and its group are taken`() throws {
        let bench = try ServiceBench()
        #expect(
            bench.send("POST", "/provisioning/tags", try text("service/provisioning-tag.json")).status == 201)
        #expect(
            bench.send("POST", "/provisioning/tags", try text("service/provisioning-tag.json")).status == 200)
        let rule = bench.send(
            "POST", "/provisioning-rules", try text("service/provisioning-rule-onboarding.json"))
        #expect(rule.status == 201)
        let listed = bench.send("GET", "/provisioning-rules").json?["items"]?.arrayValue ?? []
        #expect(listed.map { $0["tags"] } == [.array([.string("nrf-cloud-onboarding")])])
        #expect(
            bench.send("POST", "/devices", try text("service/onboard.csv"), type: "text/csv").status == 202)
        #expect(
            bench.send("GET", "/bulk-ops-requests").json?["items"]?.arrayValue?.map { $0["status"] }
                == [.string("SUCCEEDED")])
        let claim = bench.send("POST", "/claimed-devices", try text("service/claim-device.json"))
        #expect(claim.json?["reason"] == .string("unknown-key"))
    }
}
