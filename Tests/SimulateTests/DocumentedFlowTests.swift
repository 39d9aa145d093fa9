import Foundation
import JSON
import TestFleet
import TestSupport
import Testing

/// More flows of the documents with the real programs and real sockets.
@Suite("Documented flows at a service", .serialized)
struct DocumentedFlowTests {
    private let tag = 16_842_753
    private let config = #"{"request":{"config":{"properties":{"a":"b"}}}}"#
    private let finished = #"{"request":{"finished":{}}}"#

    private func simulate(_ service: ServiceUnderTest, _ seed: String, _ options: String...) throws -> Program
    {
        try service.simulate(["--devices", "1", "--seed", seed, "--timeout", "60s"] + options)
    }

    /// The commands of a device as pairs of rule and status.
    private func commands(_ service: ServiceUnderTest, _ device: String) async throws -> [[String]] {
        let answer = try await service.ask("GET", "/claimed-devices/\(device)/provisioning")
        return (answer.json?["items"]?.arrayValue ?? []).map {
            [$0["ruleId"]?.stringValue ?? "", $0["status"]?.stringValue ?? ""]
        }
    }

    @Test func aBlockedDeviceWaitsAndGoesOn() async throws {
        let service = try ServiceUnderTest(seed: "block", devices: 1)
        let device = try #require(try await service.claim().first)
        try await service.add(#"{"clientPrivateKeyGeneration":{"secTag":\#(tag)}}"#, to: device)
        let simulation = try simulate(service, "block")
        try await service.wait("the first command") {
            try await self.commands(service, device) == [["", "SUCCEEDED"]]
        }
        let blocked = try await service.ask("PUT", "/claimed-devices/\(device)/block")
        #expect(blocked.json?["status"] == .string("BLOCKED"))
        try await service.add(#"{"finished":{}}"#, to: device)
        let why = try await service.ask("GET", "/claimed-devices/\(device)/diagnosis")
        #expect(why.json?["reason"] == .string("blocked"))
        // Several intervals of the device pass; it gets nothing.
        try await Task.sleep(for: .seconds(3))
        #expect(try await commands(service, device) == [["", "SUCCEEDED"], ["", "PENDING"]])
        #expect(try await service.ask("DELETE", "/claimed-devices/\(device)/block").status == 200)
        let outcome = try simulation.wait(limit: 70)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(try await service.status(device) == "PROVISIONED")
    }

    @Test func rulesComeOnceAndInTheirOrder() async throws {
        let service = try ServiceUnderTest(seed: "rules", devices: 1)
        let device = try #require(try await service.claim(tags: "none").first)
        func rule(_ name: String, active: Bool) async throws -> String {
            let made = try await service.ask(
                "POST", "/provisioning-rules",
                #"{"name":"\#(name)","active":\#(active),"tags":["late"],"commands":[\#(config),\#(finished)]}"#
            )
            #expect(made.status == 201, "\(made.text)")
            return try #require(made.json?["id"]?.stringValue)
        }
        let draft = try await rule("first", active: false)
        let second = try await rule("second", active: true)
        let tagged = try await service.ask("PUT", "/claimed-devices/\(device)/tags", #"["late"]"#)
        #expect(tagged.status == 200, "\(tagged.text)")
        #expect(try simulate(service, "rules").wait(limit: 70).status == 0)
        #expect(
            try await commands(service, device) == [[second, "SUCCEEDED"], [second, "SUCCEEDED"]])
        let activated = try await service.ask("POST", "/provisioning-rules/\(draft)/activate")
        #expect(activated.status == 200, "\(activated.text)")
        // The rule that was made first and activated later comes now; the other one never again.
        for _ in 0..<2 {
            #expect(try simulate(service, "rules", "--until", "idle").wait(limit: 70).status == 0)
        }
        let all = try await commands(service, device)
        #expect(
            all == [
                [second, "SUCCEEDED"], [second, "SUCCEEDED"], [draft, "SUCCEEDED"], [draft, "SUCCEEDED"],
            ])
        #expect(try await service.status(device) == "PROVISIONED")
    }

    @Test func anotherTeamTakesADeviceOver() async throws {
        let service = try ServiceUnderTest(seed: "teams", devices: 1)
        let device = try #require(try await service.claim().first)
        try await service.add(#"{"finished":{}}"#, to: device)
        let yard = try ServiceUnderTest.run(
            TestPaths.service, ["key", "create", "--data", "data", "--role", "owner", "--team", "Yard"],
            service.folder
        ).trimmingCharacters(in: .newlines)
        let token = try #require(try service.rows("attestation_tokens.csv").first?[2])
        func claim() async throws -> Int {
            try await service.ask(
                "POST", "/claimed-devices", #"{"claimToken":"\#(token)"}"#, key: yard
            ).status
        }
        #expect(try await claim() == 409)
        #expect(try await service.ask("GET", "/claimed-devices/\(device)", key: yard).status == 404)
        #expect(try await service.ask("DELETE", "/claimed-devices/\(device)").status == 204)
        #expect(try await claim() == 201)
        #expect(try await service.ask("GET", "/claimed-devices/\(device)").status == 404)
        // What the first team had queued is gone with it.
        #expect(try simulate(service, "teams", "--until", "idle").wait(limit: 70).status == 0)
        let mine = try await service.ask("GET", "/claimed-devices/\(device)/provisioning", key: yard)
        #expect(mine.json?["items"] == .array([]))
    }

    /// The vendor's utility with 2,500 rows of a file, of which some are bad: a thousand rows a request, and every row has
    /// its answer.
    @Test func claimsThousandsOfRows() async throws {
        let python = URL(fileURLWithPath: try Peers.python())
        let service = try ServiceUnderTest(seed: "thousands", devices: 2_500)
        var rows = try service.rows("attestation_tokens.csv")
        let bad = [3, 999, 1_000, 1_001, 2_400]
        for row in bad { rows[row][2] = String(rows[row][2].dropLast(4)) + "AAAA" }
        try service.folder.write(
            rows.map { $0.joined(separator: ",") + "\n" }.joined(), to: "fleet/spoilt.csv")
        let script = """
            import sys
            from nrfcloud_utils import claim_devices, nrf_cloud_diap
            nrf_cloud_diap.api_url = sys.argv[1]
            nrf_cloud_diap.set_dev_stage = lambda stage="": sys.argv[1]
            claim_devices.main(["--csv", "fleet/spoilt.csv", "--api-key", sys.argv[2], "--plain"])
            """
        let outcome = try Program(
            python, ["-c", script, service.url + "/v1/", service.key], in: service.folder.url
        ).wait(limit: 120)
        let said = outcome.output + outcome.errors
        #expect(said.contains("Done. 2495 of 2500 devices claimed."), "\(said.suffix(400))")
        let listed = try await service.ask("GET", "/claimed-devices?pageLimit=1")
        #expect(listed.json?["total"] == .integer(2_495))
        for row in bad {
            #expect(try await service.ask("GET", "/claimed-devices/\(rows[row][1])").status == 404)
        }
    }
}
