import Foundation
import JSON
import TestFleet
import TestSupport
import Testing

/// The flows of the documents with the real programs and real sockets, by each transport of the device library.
@Suite("Simulated devices at a service", .serialized)
struct ProvisioningFlowTests {
    private let tag = 16_842_753

    private func lines(_ outcome: Program.Outcome) throws -> [JSONValue] {
        try outcome.wholeLines.map { try JSONValue(parsing: Array($0.utf8)) }
    }

    /// A PEM text as a JSON string.
    private func quoted(_ text: String) -> String {
        String(decoding: JSONValue.string(text).compact(), as: UTF8.self)
    }

    @Test(arguments: ServiceUnderTest.Transport.allCases)
    func claimsSignsAndProvisions(_ transport: ServiceUnderTest.Transport) async throws {
        let service = try ServiceUnderTest(seed: "way", devices: 1, by: transport)
        let device = try #require(try await service.claim().first)
        let csr = try await service.add(
            #"{"certificateSigningRequest":{"secTag":\#(tag),"attributes":"CN=\#(device)","keyUsage":"101010000"}}"#,
            to: device)
        let simulation = try service.simulate(["--devices", "1", "--seed", "way", "--timeout", "100s"])
        try await service.wait("AWAITING") { try await service.status(device) == "AWAITING" }
        let token = try #require(
            try await service.command(csr, of: device)?["response"]?["certificateSigningRequest"]?["message"]?
                .stringValue)
        try service.folder.write(token + "\n", to: "token.txt")
        for arguments in [
            ["csr", "verify", "token.txt"], ["token", "verify", "--keys", "fleet/devices.csv", "token.txt"],
            ["ca", "init", "ca", "--subject", "CN=Bench CA", "--no-passphrase"],
            [
                "ca", "issue", "--ca", "ca", "--require-attestation", "--keys", "fleet/devices.csv",
                "token.txt",
                "-o", "device.pem",
            ],
        ] {
            try ServiceUnderTest.run(TestPaths.binary, arguments, service.folder)
        }
        let files = try ["device.pem", "ca/ca.crt"].map {
            try String(contentsOf: service.folder.url.appendingPathComponent($0), encoding: .utf8)
        }
        for request in [
            #"{"clientCertificate":{"secTag":\#(tag),"content":\#(quoted(files[0]))}}"#,
            #"{"serverCertificate":{"secTag":\#(tag),"content":\#(quoted(files[1]))}}"#, #"{"finished":{}}"#,
        ] {
            try await service.add(request, to: device)
        }
        let outcome = try simulation.wait(limit: 110)
        #expect(outcome.status == 0)
        #expect(outcome.errors.hasSuffix("assayd: 1 of 1 devices provisioned\n"))
        // Deletion and key, two certificates with a deletion each, and the end.
        #expect(
            outcome.output
                == #"{"schema":"assayd.device/1","deviceUuid":"\#(device)","status":"provisioned","commands":7,"#
                + #""failures":[]}"# + "\n")
        #expect(try await service.status(device) == "PROVISIONED")
    }

    @Test(arguments: ServiceUnderTest.Transport.allCases)
    func awaitsMoreWithoutFinished(_ transport: ServiceUnderTest.Transport) async throws {
        let service = try ServiceUnderTest(seed: "await", devices: 1, by: transport)
        let device = try #require(try await service.claim().first)
        try await service.add(#"{"clientPrivateKeyGeneration":{"secTag":\#(tag)}}"#, to: device)
        let outcome = try service.simulate(["--devices", "1", "--seed", "await", "--until", "idle"]).wait()
        #expect(outcome.status == 0)
        #expect(try lines(outcome).map { $0["status"] } == [.string("idle")])
        #expect(try await service.status(device) == "AWAITING")
    }

    @Test(arguments: ServiceUnderTest.Transport.allCases)
    func goesOnAfterASkippedFailure(_ transport: ServiceUnderTest.Transport) async throws {
        let service = try ServiceUnderTest(seed: "skip", devices: 1, by: transport)
        let device = try #require(try await service.claim().first)
        let first = try await service.add(#"{"config":{"properties":{"a":"b"}}}"#, to: device)
        let second = try await service.add(#"{"clientPrivateKeyGeneration":{"secTag":\#(tag)}}"#, to: device)
        let last = try await service.add(#"{"finished":{}}"#, to: device)
        let simulation = try service.simulate([
            "--devices", "1", "--seed", "skip", "--fail", "2:514", "--timeout", "60s",
        ])
        try await service.wait("ERROR") { try await service.status(device) == "ERROR" }
        let states = [first, second, last]
        var found: [JSONValue?] = []
        for id in states { found.append(try await service.command(id, of: device)?["status"]) }
        #expect(found == [.string("SUCCEEDED"), .string("FAILED"), .string("PENDING")])
        let skipped = try await service.ask("POST", "/claimed-devices/\(device)/provisioning/\(second)/skip")
        #expect(skipped.status == 200)
        let outcome = try simulation.wait()
        #expect(outcome.status == 0)
        let line = try #require(try lines(outcome).first)
        #expect(line["status"] == .string("provisioned"))
        #expect(line["failures"]?.arrayValue?.map { $0["code"] } == [.string("command")])
        #expect(try await service.status(device) == "PROVISIONED")
    }

    @Test(arguments: ServiceUnderTest.Transport.allCases)
    func goesOnAfterARetriedFailure(_ transport: ServiceUnderTest.Transport) async throws {
        let service = try ServiceUnderTest(seed: "retry", devices: 1, by: transport)
        let device = try #require(try await service.claim().first)
        let key = try await service.add(#"{"clientPrivateKeyGeneration":{"secTag":\#(tag)}}"#, to: device)
        try await service.add(#"{"finished":{}}"#, to: device)
        let simulation = try service.simulate([
            "--devices", "1", "--seed", "retry", "--fail", "keygen:515", "--timeout", "60s",
        ])
        try await service.wait("ERROR") { try await service.status(device) == "ERROR" }
        let retried = try await service.ask("POST", "/claimed-devices/\(device)/provisioning/\(key)/retry")
        #expect(retried.status == 200)
        #expect(try simulation.wait().status == 0)
        #expect(try await service.status(device) == "PROVISIONED")
    }

    @Test(arguments: ["3.2", "3.0", "2.x"], ServiceUnderTest.Transport.allCases)
    func servesEveryRelease(_ release: String, _ transport: ServiceUnderTest.Transport) async throws {
        let seed = "release \(release)"
        let service = try ServiceUnderTest(seed: seed, devices: 2, by: transport)
        for device in try await service.claim() {
            try await service.add(#"{"cloudAccessKeyGeneration":{"secTag":\#(tag)}}"#, to: device)
            try await service.add(#"{"finished":{}}"#, to: device)
        }
        let outcome = try service.simulate([
            "--devices", "2", "--seed", seed, "--client", release, "--profile", "bound",
        ]).wait()
        #expect(outcome.status == 0)
        #expect(try lines(outcome).map { $0["status"] } == [.string("provisioned"), .string("provisioned")])
    }

    @Test(arguments: ServiceUnderTest.Transport.allCases)
    func isToldApartWhereItIsNotServed(_ transport: ServiceUnderTest.Transport) async throws {
        let service = try ServiceUnderTest(seed: "refused", devices: 1, by: transport)
        let unclaimed = try service.simulate(["--devices", "1", "--seed", "refused", "--timeout", "4s"])
            .wait()
        #expect(unclaimed.status == 3)
        #expect(try lines(unclaimed).map { $0["status"] } == [.string("unclaimed")])
        _ = try await service.claim()
        let late = try service.simulate([
            "--devices", "1", "--seed", "refused", "--timeout", "4s", "--clock-skew", "-4000",
        ]).wait()
        #expect(late.status == 3)
        #expect(try lines(late).map { $0["status"] } == [.string("refused")])
        try service.kill()
        let gone = try service.simulate(["--devices", "1", "--seed", "refused", "--timeout", "4s"]).wait()
        #expect(gone.status == 3)
        #expect(try lines(gone).map { $0["status"] } == [.string("unreachable")])
    }

    /// Reports that are lost, and the service killed in the middle: every device gets there all the same.
    @Test(arguments: ServiceUnderTest.Transport.allCases)
    func provisionsAFleetThroughLossAndDeath(_ transport: ServiceUnderTest.Transport) async throws {
        let service = try ServiceUnderTest(seed: "fleet", devices: 200, by: transport)
        let rule = try await service.ask(
            "POST", "/provisioning-rules",
            #"{"name":"all","active":true,"tags":["bench"],"commands":["#
                + #"{"request":{"certificateSigningRequest":{"secTag":\#(tag),"attributes":"O=Bench","#
                + #""keyUsage":"101010000"}}},{"request":{"config":{"properties":{"a":"b"}}}},"#
                + #"{"request":{"finished":{}}}]}"#)
        #expect(rule.status == 201, "\(rule.text)")
        let devices = try await service.claim()
        let simulation = try service.simulate([
            "--devices", "200", "--seed", "fleet", "--drop-report", "0.2", "--timeout", "200s", "--jobs", "8",
        ])
        var provisioned = 0
        try await service.wait("some devices") {
            provisioned = try await self.count(service, "PROVISIONED")
            return provisioned >= 20
        }
        try service.kill()
        try await Task.sleep(for: .seconds(1))
        let again = try ServiceUnderTest(after: service)
        let outcome = try simulation.wait(limit: 220)
        #expect(outcome.status == 0)
        #expect(outcome.errors.hasSuffix("assayd: 200 of 200 devices provisioned\n"))
        let lines = try lines(outcome)
        #expect(lines.map { $0["deviceUuid"] } == devices.map { .string($0) })
        #expect(lines.allSatisfy { $0["status"] == .string("provisioned") })
        #expect(try await count(again, "PROVISIONED") == 200)
    }

    private func count(_ service: ServiceUnderTest, _ status: String) async throws -> Int {
        var count = 0
        for row in try service.rows("devices.csv", hasHeader: true) {
            if try await service.status(row[0]) == status { count += 1 }
        }
        return count
    }

    @Test func speaksTLSAsTheModemDoes() async throws {
        let service = try ServiceUnderTest(seed: "tls", devices: 1, options: ["--self-signed"])
        let trusted = try service.simulate([
            "--devices", "1", "--seed", "tls", "--root-ca", "data/tls.crt", "--timeout", "4s",
        ]).wait()
        #expect(try lines(trusted).map { $0["status"] } == [.string("unclaimed")])
        let stranger = try service.simulate(["--devices", "1", "--seed", "tls", "--timeout", "4s"]).wait()
        #expect(stranger.status == 3)
        let line = try #require(try lines(stranger).first)
        #expect(line["status"] == .string("unreachable"))
        #expect(
            line["failures"]?.arrayValue?.map { $0["message"] } == [.string("the TLS handshake failed")])
    }
}
