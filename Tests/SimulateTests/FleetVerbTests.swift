import Foundation
import JSON
import TestFleet
import TestSupport
import Testing

/// The other verbs that talk to a service, each once, with results as their schemas say.
@Suite("Looking after a fleet", .serialized)
struct FleetVerbTests {
    private let service: ServiceUnderTest
    private let devices: [String]

    init() throws {
        service = try ServiceUnderTest(seed: "verbs", devices: 3)
        devices = try service.rows("attestation_tokens.csv").map { $0[1] }
        try service.folder.write(service.key + "\n", to: "api.key")
    }

    private func assay(_ arguments: [String], allowed: Set<Int32> = []) throws -> [JSONValue] {
        let noun = arguments.first ?? ""
        let needsStore =
            ["claim", "commands", "rule", "onboard"].contains(noun) || arguments.contains("unclaim")
        let isList = arguments.prefix(2) == ["rule", "list"] || arguments.contains("check")
        let output = try ServiceUnderTest.run(
            TestPaths.binary,
            arguments + ["--service", service.url, "--api-key-file", "api.key", "--json"]
                + (needsStore && !isList ? ["--store", "journal.db"] : []), service.folder, allowed: allowed)
        try check(output)
        return try output.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    }

    /// Holds results against the schemas of their kinds.
    private func check(_ output: String) throws {
        guard let python = try? Peers.python() else { return }
        let result = try ChildProcess(
            [
                python, TestPaths.root.appendingPathComponent("scripts/check-schemas").path,
                TestPaths.root.appendingPathComponent("schemas").path,
            ], in: service.folder.url, environment: ProcessInfo.processInfo.environment,
            input: Data(output.utf8)
        ).run()
        #expect(result.status == 0, "\(String(decoding: result.standardError, as: UTF8.self))")
    }

    private func statuses(_ results: [JSONValue]) -> [String] {
        results.map { $0["status"]?.stringValue ?? "" }
    }

    @Test func aFleetFromClaimToUnclaim() throws {
        let file = "fleet/attestation_tokens.csv"
        #expect(statuses(try assay(["claim", "check", file, "--online"])) == ["ready", "ready", "ready"])
        #expect(statuses(try assay(["claim", "submit", file])) == ["claimed", "claimed", "claimed"])
        let listed = try assay(["fleet", "list"])
        #expect(listed.map { $0["deviceUuid"]?.stringValue ?? "" }.sorted() == devices.sorted())
        #expect(statuses(try assay(["fleet", "list", "--status", "ready"])).count == 3)
        #expect(statuses(try assay(["fleet", "tag", devices[0], "--tag", "a", "--tag", "b"])) == ["done"])
        #expect(try assay(["fleet", "list", "--tag", "b"]).count == 1)
        #expect(statuses(try assay(["fleet", "block", devices[0], devices[1]])) == ["done", "done"])
        let why = try assay(["fleet", "why"], allowed: [1])
        #expect(
            why.map { $0["reason"]?.stringValue ?? "" }.sorted() == ["blocked", "blocked", "never-seen"])
        #expect(statuses(try assay(["fleet", "unblock", devices[0]])) == ["done"])
        #expect(statuses(try assay(["fleet", "unclaim", devices[2]])) == ["done"])
        #expect(try assay(["fleet", "list"]).count == 2)
        // The journal has forgotten it: the row is sent again.
        #expect(statuses(try assay(["claim", "submit", file])) == ["existing", "existing", "claimed"])
        _ = try assay(["account", "show"])
        #expect(
            try assay(["fleet", "block", "00000000-0000-0000-0000-000000000000"], allowed: [6])[0]["status"]
                == .string("failed"))
    }

    @Test func aRuleIsCreatedOnce() throws {
        try ServiceUnderTest.run(
            TestPaths.binary, ["rule", "compose", "one", "--tag", "a", "csr", "-o", "rule.json"],
            service.folder)
        let first = try assay(["rule", "submit", "rule.json"])
        #expect(statuses(first) == ["accepted"])
        #expect(try assay(["rule", "submit", "rule.json"])[0]["id"] == first[0]["id"])
        let rules = try assay(["rule", "list"])
        #expect(rules.map { $0["name"] } == [.string("one")])
        #expect(statuses(rules) == ["DRAFT"])
        try ServiceUnderTest.run(
            TestPaths.binary, ["rule", "compose", "one", "--tag", "b", "csr", "-o", "other.json"],
            service.folder)
        #expect(statuses(try assay(["rule", "submit", "other.json"], allowed: [1])) == ["failed"])
    }

    @Test func failedCommandsAreSkippedOrRetried() throws {
        let device = devices[0]
        _ = try assay(["claim", "submit", "fleet/attestation_tokens.csv"])
        try service.folder.write(
            #"{"schema":"assay.commands/1","deviceUuid":"\#(device)","commands":["#
                + #"{"request":{"certificateSigningRequest":{"secTag":17,"attributes":"CN=\#(device)"}}},"#
                + #"{"request":{"finished":{}}}]}"#, to: "batch.json")
        #expect(statuses(try assay(["commands", "submit", "batch.json"])) == ["accepted"])
        _ = try service.simulate([
            "--devices", "1", "--seed", "verbs", "--fail", "csr:514", "--timeout", "3s",
        ]).wait(limit: 60)
        let shown = try assay(["fleet", "show", device])[0]
        #expect(shown["commands"]?.arrayValue?.first?["status"] == .string("FAILED"))
        #expect(try assay(["fleet", "why", device], allowed: [1])[0]["reason"] == .string("suspended"))
        let waited = try assay(
            ["commands", "submit", "batch.json", "--wait", "--deadline", "1s"], allowed: [1])
        #expect(statuses(waited) == ["failed"])
        #expect(statuses(try assay(["fleet", "retry", device])) == ["done"])
        #expect(statuses(try assay(["fleet", "retry", device], allowed: [6])) == ["failed"])
        let again = try service.simulate(["--devices", "1", "--seed", "verbs", "--timeout", "30s"])
        #expect(try again.wait(limit: 60).status == 0)
        #expect(try assay(["fleet", "why", device])[0]["reason"] == .string("provisioned"))
    }

    @Test func onboardingIsFollowedRowByRow() throws {
        for arguments in [
            ["ca", "init", "ca", "--subject", "CN=Devices", "--no-passphrase"],
            ["key", "generate", "--no-passphrase", "-o", "a.key"],
            ["key", "generate", "--no-passphrase", "-o", "b.key"],
            ["csr", "create", "--key", "a.key", "--subject", "CN=device-a", "-o", "a.csr"],
            ["csr", "create", "--key", "b.key", "--subject", "CN=device-b", "-o", "b.csr"],
            [
                "ca", "issue", "--ca", "ca", "a.csr", "b.csr", "--onboarding-csv", "onboard.csv", "-o",
                "all.pem",
            ],
        ] { try ServiceUnderTest.run(TestPaths.binary, arguments, service.folder) }
        let text = try String(
            contentsOf: service.folder.url.appendingPathComponent("onboard.csv"), encoding: .utf8)
        #expect(statuses(try assay(["onboard", "submit", "onboard.csv"])) == ["onboarded", "onboarded"])
        #expect(statuses(try assay(["onboard", "submit", "onboard.csv"])) == ["existing", "existing"])
        // The certificate of one device under another's id is refused, and the row is named.
        try service.folder.write(
            text.replacingOccurrences(of: "device-b,", with: "device-c,"), to: "other.csv")
        let other = try assay(["onboard", "submit", "other.csv"], allowed: [3])
        #expect(statuses(other) == ["existing", "failed"])
        #expect(other[1]["message"]?.stringValue?.contains("already registered") == true)
    }
}
