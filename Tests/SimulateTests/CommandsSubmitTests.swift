import Foundation
import JSON
import TestFleet
import TestSupport
import Testing

/// `assay commands submit --wait` from claim to certificate, while the service dies.
@Suite("Commands at a service that dies", .serialized)
struct CommandsSubmitTests {
    private static let tag = 16_842_753

    private func submit(
        _ service: ServiceUnderTest, _ file: String, _ more: [String] = [], verb: String = "commands"
    ) throws -> Program {
        try service.folder.write(service.key + "\n", to: "api.key")
        return try Program(
            TestPaths.binary,
            [
                verb, "submit", file, "--service", service.url, "--api-key-file", "api.key", "--store",
                "journal.db", "--json", "--timeout", "5s",
            ] + more, in: service.folder.url)
    }

    private func statuses(_ output: String) throws -> [String: Int] {
        Dictionary(
            try output.split(separator: "\n").map {
                (try JSONValue(parsing: Array($0.utf8))["status"]?.stringValue ?? "", 1)
            }, uniquingKeysWith: +)
    }

    /// The same service after kill -9.
    private func reborn(_ service: ServiceUnderTest) async throws -> ServiceUnderTest {
        try service.kill()
        return try ServiceUnderTest(after: service)
    }

    private func commands(_ service: ServiceUnderTest, _ device: String) async throws -> [JSONValue] {
        let answer = try await service.ask("GET", "/claimed-devices/\(device)/provisioning")
        return answer.json?["items"]?.arrayValue ?? []
    }

    @Test func everyCommandIsThereOnce() async throws {
        let count = Int(ProcessInfo.processInfo.environment["ASSAY_SUBMIT_DEVICES"] ?? "") ?? 100
        var service = try ServiceUnderTest(seed: "commands", devices: count)
        let devices = try service.rows("attestation_tokens.csv").map { $0[1] }
        #expect(try submit(service, "fleet/attestation_tokens.csv", verb: "claim").wait().status == 0)
        let batches = devices.map { device in
            #"{"schema":"assay.commands/1","deviceUuid":"\#(device)","commands":[{"description":"Generate CSR","#
                + #""request":{"certificateSigningRequest":{"secTag":\#(Self.tag),"attributes":"CN=\#(device)","#
                + #""keyUsage":"101010000"}}}]}"# + "\n"
        }
        try service.folder.write(batches.joined(), to: "first.jsonl")
        let simulation = try service.simulate([
            "--devices", "\(count)", "--seed", "commands", "--jobs", "8", "--back-off", "1", "--timeout",
            "10m",
        ])
        let first = try submit(service, "first.jsonl", ["--wait", "--csr-out", "csrs.txt"])
        for _ in 0..<4 {
            try await Task.sleep(for: .milliseconds(700))
            service = try await reborn(service)
        }
        let asked = try first.wait(limit: 300)
        #expect(asked.status == 0, "\(asked.errors)")
        #expect(try statuses(asked.output) == ["succeeded": count])

        for arguments in [
            ["ca", "init", "ca", "--subject", "CN=Devices", "--no-passphrase"],
            [
                "ca", "issue", "--ca", "ca", "--require-attestation", "--keys", "fleet/devices.csv", "--json",
                "csrs.txt", "-o", "issued.jsonl",
            ], ["commands", "compose", "--manifest", "issued.jsonl", "finished", "-o", "second.jsonl"],
        ] { try ServiceUnderTest.run(TestPaths.binary, arguments, service.folder) }

        // The client dies as well, and is started again.
        for _ in 0..<3 {
            let program = try submit(service, "second.jsonl")
            try await Task.sleep(for: .milliseconds(300))
            program.send(SIGKILL)
            _ = try program.wait()
        }
        let second = try submit(service, "second.jsonl", ["--wait"])
        for _ in 0..<4 {
            try await Task.sleep(for: .milliseconds(700))
            service = try await reborn(service)
        }
        let installed = try second.wait(limit: 300)
        #expect(installed.status == 0, "\(installed.errors)")
        #expect(try statuses(installed.output) == ["succeeded": count])
        #expect(try simulation.wait(limit: 300).status == 0)
        for device in devices {
            let kinds = try await commands(service, device).map {
                $0["request"]?.objectValue?.members.first?.name ?? ""
            }
            #expect(kinds == ["certificateSigningRequest", "clientCertificate", "finished"])
        }
        // The same again is done already.
        let again = try submit(service, "second.jsonl", ["--wait"]).wait(limit: 120)
        #expect(try statuses(again.output) == ["succeeded": count])
    }

    /// The answer is lost, the command is there, and an older one of the same content is too.
    @Test func aLostAnswerIsFoundInTheList() async throws {
        let service = try ServiceUnderTest(
            seed: "lost", devices: 1,
            options: [
                "--fault", "reset-after-commit:0.12", "--fault", "timeout-after-commit:0.02", "--fault",
                "truncated-json:0.1", "--seed", "lost",
            ])
        let device = try service.rows("attestation_tokens.csv")[0][1]
        let claim = try submit(service, "fleet/attestation_tokens.csv", verb: "claim").wait()
        #expect(claim.status == 0, "\(claim.errors)")
        let request = #"{"config":{"properties":{"a":"b"}}}"#
        for round in 1...4 {
            let batch =
                #"{"schema":"assay.commands/1","deviceUuid":"\#(device)","commands":[{"request":\#(request)},"#
                + #"{"request":\#(request)},{"request":{"finished":{}}}]}"#
            try service.folder.write(batch, to: "batch.json")
            let outcome = try submit(service, "batch.json", ["--round", "\(round)"]).wait(limit: 120)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            let again = try submit(service, "batch.json", ["--round", "\(round)"]).wait(limit: 120)
            #expect(again.status == 0 && again.output == outcome.output)
        }
        var found: [JSONValue] = []
        for _ in 0..<20 where found.isEmpty {
            found = (try? await commands(service, device)) ?? []
        }
        #expect(found.count == 12)
        // The 21st is one too many: refused, and those after it are not sent.
        let refused = try submit(service, "batch.json", ["--round", "5"]).wait(limit: 120)
        #expect(refused.status == 0)
        _ = try submit(service, "batch.json", ["--round", "6"]).wait(limit: 120)
        let full = try submit(service, "batch.json", ["--round", "7"]).wait(limit: 120)
        #expect(full.status == 1)
        #expect(try statuses(full.output) == ["failed": 1])
        #expect(full.output.contains("service-refused"))
    }
}
