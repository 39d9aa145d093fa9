import Foundation
import JSON
import TestFleet
import TestSupport
import Testing

/// The service as it runs against the document that is published of it, by schemathesis of `scripts/requirements.txt`.
@Suite("The published interface", .serialized)
struct ContractTests {
    private static let document = TestPaths.root.appendingPathComponent("openapi/assayd-1.json")

    /// What schemathesis is told beside the document: the credentials, ids of things that are there, so that requests
    /// reach further than 404, and what a document cannot say. All else that it checks holds.
    private static func configuration(_ ids: KeyValuePairs<String, String>) -> String {
        let parameters = ids.map { "\"path.\($0.key)\" = \"\($0.value)\"\n" }.joined()
        return """
            [auth.openapi]
            apiKey = { bearer = "${ASSAY_KEY}" }
            deviceToken = { bearer = "${ASSAY_DEVICE_TOKEN}" }

            [parameters]
            \(parameters)

            # A missing credential is a bad one to a device, 403: 401 tells it that nobody claimed it.
            [[operations]]
            include-operation-id = "fetchCommands"
            checks.missing_required_header.enabled = false

            # There is no text that is no table, and which rows are good is told in the answer.
            [[operations]]
            include-operation-id = ["bulkClaim", "onboardDevices"]
            checks.negative_data_rejection.enabled = false

            # Which tokens, names, tags and certificates are good ones is not the document's to say, nor that 1.0 is no
            # integer here.
            [[operations]]
            include-operation-id = ["claim", "claimByGuide", "bulkClaim", "setTags", "addCommand", "updateCommand", \
            "createRule", "changeRule", "createTag", "onboardDevices"]
            checks.positive_data_acceptance.enabled = false

            """
    }

    private func check(
        _ service: ServiceUnderTest, against document: String, _ options: [String]
    ) throws -> Program.Outcome {
        let tokens = service.folder.url.appendingPathComponent("fleet/jwts.txt")
        let token = try #require(
            try String(contentsOf: tokens, encoding: .utf8).split(separator: "\n").last)
        // It makes no CBOR: what devices report is held against the service in other tests.
        let arguments = [
            "-m", "schemathesis.cli", "--no-color", "run", document, "--url", service.url + "/v1",
            "--exclude-operation-id", "reportResponses", "--seed", "12", "--generation-database", "none",
            "--continue-on-failure", "--request-timeout", "20", "--warnings", "off",
        ]
        return try Program(
            URL(fileURLWithPath: try Peers.python()), arguments + options, in: service.folder.url,
            environment: [
                "ASSAY_KEY": service.key, "ASSAY_DEVICE_TOKEN": String(token),
                "HOME": service.folder.url.path,
            ]
        ).wait(limit: 300)
    }

    private func start() async throws -> ServiceUnderTest {
        let service = try ServiceUnderTest(seed: "contract", devices: 3)
        let devices = try await service.claim()
        let command = try await service.add(#"{"config":{"properties":{"a":"b"}}}"#, to: devices[0])
        let rule = try await service.ask(
            "POST", "/provisioning-rules",
            #"{"name":"contract","tags":["bench"],"commands":[{"request":{"finished":{}}}]}"#)
        let bulk = try await service.ask("POST", "/claimed-devices/bulk", "x\n", type: "text/csv")
        try service.folder.write(
            Self.configuration([
                "device": devices[0], "command": command,
                "rule": try #require(rule.json?["id"]?.stringValue),
                "operation": try #require(bulk.json?["bulkOpsRequestId"]?.stringValue), "id": "board-1",
            ]), to: "schemathesis.toml")
        return service
    }

    @Test func theServiceKeepsToIt() async throws {
        _ = try Peers.python()
        let service = try await start()
        let outcome = try check(
            service, against: Self.document.path,
            ["--phases", "coverage,fuzzing,stateful", "--max-examples", "20", "--max-time", "60"])
        #expect(outcome.status == 0, "\(outcome.output.suffix(20_000))\(outcome.errors.suffix(2000))")
        #expect(outcome.output.contains("Tested: 38"))
        let log = try service.end()
        #expect(log.filter { $0.contains("\"event\":\"fault\"") } == [])
    }

    /// What the test above relies on: a document that says less than the service does is found out.
    @Test func deviationsAreFound() async throws {
        _ = try Peers.python()
        let service = try await start()
        let text = try String(contentsOf: Self.document, encoding: .utf8)
        let spoilt = text.replacingOccurrences(of: "\"AWAITING\",", with: "\"WAITING\",")
            .replacingOccurrences(of: "\"READY\",", with: "\"STEADY\",")
        try #require(spoilt != text)
        try service.folder.write(spoilt, to: "spoilt.json")
        let outcome = try check(
            service, against: "spoilt.json",
            ["--phases", "coverage", "--include-operation-id", "getDevice", "--max-examples", "5"])
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("Response violates schema"), "\(outcome.output.suffix(3000))")
    }
}
