import Foundation
import JSON
import TestFleet
import TestSupport
import Testing

/// `assay claim submit` against the real service, which fails as it is told to.
@Suite("Claims at a service that fails", .serialized)
struct ClaimSubmitTests {
    /// Every kind of fault; together one request in twenty.
    static let faults = [
        "429:0.005", "429-retry-after:0.003", "500:0.005", "502:0.005", "reset-before-commit:0.005",
        "reset-after-commit:0.006", "timeout-after-commit:0.003", "slow-body:0.003",
        "wrong-content-type:0.005",
        "truncated-json:0.005", "duplicate-delivery:0.005",
    ]

    static func options(seed: String) -> [String] { faults.flatMap { ["--fault", $0] } + ["--seed", seed] }

    private func submit(_ service: ServiceUnderTest, _ more: [String] = []) throws -> Program {
        try service.folder.write(service.key + "\n", to: "api.key")
        return try Program(
            TestPaths.binary,
            [
                "claim", "submit", "fleet/attestation_tokens.csv", "--service", service.url, "--api-key-file",
                "api.key", "--store", "journal.db", "--json", "--timeout", "2s",
            ] + more, in: service.folder.url)
    }

    private func statuses(_ output: String) throws -> [String: Int] {
        Dictionary(
            try output.split(separator: "\n").map {
                (try JSONValue(parsing: Array($0.utf8))["status"]?.stringValue ?? "", 1)
            }, uniquingKeysWith: +)
    }

    private func claimed(_ service: ServiceUnderTest) async throws -> Int64? {
        // The operators' side fails too.
        for _ in 0..<20 {
            if let total = try? await service.ask("GET", "/claimed-devices?pageLimit=1").json?["total"]?
                .integerValue
            {
                return total
            }
        }
        return nil
    }

    /// Killed twenty times where it happens to be; in the end every row is claimed once, and it adds up.
    @Test func loseNothingThroughKillsAndFaults() async throws {
        let rows = Int(ProcessInfo.processInfo.environment["ASSAY_CLAIM_ROWS"] ?? "") ?? 6_000
        let service = try ServiceUnderTest(
            seed: "claims", devices: rows, options: Self.options(seed: "claims"))
        var random = SplitMix64(seed: 42)
        var kills = 0
        while kills < 20 {
            let program = try submit(service)
            // Also before the first request and after the last one: with more rows there is longer to wait.
            try await Task.sleep(
                for: .milliseconds(Int.random(in: 1...max(1_500, rows / 10), using: &random)))
            program.send(SIGKILL)
            _ = try program.wait(limit: 20)
            kills += 1
        }
        let outcome = try submit(service).wait(limit: 600)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let found = try statuses(outcome.output)
        #expect(Set(found.keys).isSubset(of: ["claimed", "existing"]), "\(found)")
        #expect(found.values.reduce(0, +) == rows)
        #expect(try await claimed(service) == Int64(rows))
        let (new, old) = (found["claimed"] ?? 0, found["existing"] ?? 0)
        #expect(
            outcome.errors.hasSuffix(
                "assay: \(rows) rows read: \(new) claimed, \(old) already claimed, 0 duplicate, 0 malformed, "
                    + "0 rejected, 0 failed, 0 unknown\n"), "\(outcome.errors)")
        // Nothing is left to do, and nothing is done.
        let again = try submit(service).wait(limit: 120)
        #expect(try statuses(again.output) == ["existing": rows])
        #expect(outcome.peakMemory < 96 * 1024)
        for secret in [service.key] + (try service.rows("attestation_tokens.csv").prefix(50).map { $0[2] }) {
            #expect(!outcome.output.contains(secret) && !outcome.errors.contains(secret))
        }
    }

    /// Two processes, one store, one file: each row is claimed by one of them, and one rate holds for both.
    @Test func shareAStoreAndARate() async throws {
        let rows = 4_000
        let service = try ServiceUnderTest(seed: "two", devices: rows)
        let start = Date()
        let programs = [try submit(service, ["--rate", "2/s"]), try submit(service, ["--rate", "2/s"])]
        let outcomes = try programs.map { try $0.wait(limit: 120) }
        // Two questions whose key it is and four claims, half a second apart.
        #expect(Date().timeIntervalSince(start) >= 2.5)
        #expect(outcomes.map(\.status) == [0, 0], "\(outcomes.map(\.errors))")
        let found = try outcomes.map { try statuses($0.output) }
        #expect(found.map { $0.values.reduce(0, +) } == [rows, rows])
        #expect(found.map { $0["claimed"] ?? 0 }.reduce(0, +) == rows, "\(found)")
        #expect(try await claimed(service) == Int64(rows))
    }

    /// Rows that are not sent, refused ones, and the way to send them again.
    @Test func everyRowHasAResult() async throws {
        let service = try ServiceUnderTest(seed: "rows", devices: 4)
        let text = try String(
            contentsOf: service.folder.url.appendingPathComponent("fleet/attestation_tokens.csv"),
            encoding: .utf8)
        let lines = text.split(separator: "\n").map(String.init)
        let cells = lines[3].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        // A token of a device whose key another fleet has does not verify.
        let foreign = try WorkFolder()
        try ServiceUnderTest.run(
            TestPaths.service, ["simulate", "--export", "fleet", "--devices", "1", "--seed", "other"], foreign
        )
        let other = try String(
            contentsOf: foreign.url.appendingPathComponent("fleet/attestation_tokens.csv"), encoding: .utf8)
        try service.folder.write(
            (lines[0...2] + [lines[0], "\(cells[0]),\(cells[1]),nonsense,\(cells[3])"]).joined(
                separator: "\n")
                + "\n" + other, to: "fleet/attestation_tokens.csv")
        let first = try submit(service, ["--tags", "line-7,north"]).wait()
        #expect(first.status == 3)
        let expected = ["claimed": 3, "duplicate": 1, "malformed": 1, "failed": 1]
        #expect(try statuses(first.output) == expected)
        let device = cells[1]
        #expect(!first.output.contains(device) || first.output.contains("malformed"))
        let tagged = try await service.ask("GET", "/claimed-devices?tag=line-7")
        #expect(tagged.json?["total"]?.integerValue == 3)

        let dry = try submit(service, ["--dry-run"]).wait()
        #expect(try statuses(dry.output) == ["existing": 3, "duplicate": 1, "malformed": 1, "failed": 1])
        let retry = try submit(service, ["--dry-run", "--retry-failed"]).wait()
        #expect(try statuses(retry.output) == ["existing": 3, "duplicate": 1, "malformed": 1, "ready": 1])

        // The key of the device becomes known: what was refused can be sent again, and only when asked.
        try ServiceUnderTest.run(
            TestPaths.binary,
            ["device", "import", foreign.path("fleet/devices.csv"), "--store", "data/assay.db"],
            service.folder)
        #expect(try statuses(submit(service).wait().output)["failed"] == 1)
        #expect(try statuses(submit(service, ["--retry-failed"]).wait().output)["claimed"] == 1)
        let status = try ServiceUnderTest.run(
            TestPaths.binary,
            [
                "claim", "status", "fleet/attestation_tokens.csv", "--service", service.url, "--store",
                "journal.db", "--json", "--quiet",
            ], service.folder, allowed: [3])
        #expect(try statuses(status) == ["claimed": 4, "duplicate": 1, "malformed": 1])
    }

    /// A key that is not known, a service that is not there, and one that has another certificate.
    @Test func refusalsAreSaid() throws {
        let service = try ServiceUnderTest(seed: "refusals", devices: 1, options: ["--self-signed"])
        let trusted = ["--root-ca", "data/tls.crt"]
        #expect(try submit(service, trusted).wait().status == 0)
        let untrusted = try submit(service, ["--give-up-after", "1s"]).wait(limit: 60)
        #expect(untrusted.status == 6)
        #expect(untrusted.errors.contains("service-unreachable"))
        try service.folder.write("0000000000000000000000000000000000000000\n", to: "wrong.key")
        let wrong = try Program(
            TestPaths.binary,
            [
                "account", "show", "--service", service.url, "--api-key-file", "wrong.key", "--json",
            ] + trusted, in: service.folder.url
        ).wait()
        #expect(wrong.status == 6)
        #expect(wrong.errors.contains(#""code":"service-refused""#))
        #expect(!wrong.errors.contains("00000000"))
        let account = try ServiceUnderTest.run(
            TestPaths.binary,
            ["account", "show", "--service", service.url, "--api-key-file", "api.key", "--json"] + trusted,
            service.folder)
        #expect(account.contains(#""role":"owner""#))
    }

    /// Asked to stop, it ends what is under way, says how far it came, and goes on from there.
    @Test func stopsInGoodOrder() async throws {
        let rows = 5_000
        let service = try ServiceUnderTest(seed: "stop", devices: rows)
        let program = try submit(service, ["--rate", "1/s", "--connections", "1"])
        program.waitForOutput(bytes: 1, limit: 60)
        program.send(SIGINT)
        let outcome = try program.wait(limit: 30)
        #expect(outcome.status == 130)
        #expect(outcome.errors.contains("assay: interrupted after "), "\(outcome.errors)")
        #expect(!outcome.errors.contains("without a result"), "\(outcome.errors)")
        let rest = try submit(service).wait(limit: 60)
        #expect(rest.status == 0)
        #expect(try await claimed(service) == Int64(rows))
    }
}
