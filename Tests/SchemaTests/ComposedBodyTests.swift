import Foundation
import JSON
import TestSupport
import Testing

/// `commands compose` and `rule compose` make the bodies that a third party wrote down, byte for byte.
@Suite struct ComposedBodyTests {
    /// The file, the steps that make it, and the texts of the body that they need as files.
    static let bodies: [(file: String, arguments: [String], files: [String: [String]])] = [
        ("clientPrivateKeyGeneration.json", ["keygen"], [:]),
        ("cloudAccessKeyGeneration.json", ["cloud-access-key"], [:]),
        (
            "certificateSigningRequest.json",
            [
                "csr=O=Example Devices AS,L=Trondheim,C=NO,CN=5034394c-3132-4d31-80aa-1c2b3d4e5f60"
            ], [:]
        ),
        (
            "clientCertificate.json", ["client-certificate=content.pem"],
            ["content.pem": ["clientCertificate", "content"]]
        ),
        ("serverCertificate.json", ["server-certificate=nrf-cloud-coap"], [:]),
        (
            "serverCertificate.json", ["server-certificate=content.pem"],
            ["content.pem": ["serverCertificate", "content"]]
        ),
        ("finished.json", ["finished"], [:]),
        (
            "unproven/clientPrivateKey.json",
            ["client-key=content.pem", "--client-key-password-file", "password.txt"],
            [
                "content.pem": ["clientPrivateKey", "content"],
                "password.txt": ["clientPrivateKey", "password"],
            ]
        ),
        (
            "unproven/preSharedKey.json", ["psk=nrf-355025930000003:secret.txt"],
            ["secret.txt": ["preSharedKey", "secret"]]
        ),
        (
            "unproven/config.json",
            ["config=provisioning/interval-sec=3600", "--describe", "1=Fetch commands once an hour"], [:]
        ),
    ]

    @Test(arguments: bodies.indices)
    func bodyIsThatOfTheVector(_ index: Int) throws {
        guard let vectors = TestPaths.vectors else { try Skip.test(TestPaths.noVectors) }
        let (name, arguments, files) = Self.bodies[index]
        let file = vectors.appendingPathComponent("provisioning-commands").appendingPathComponent(name)
        let expected = try JSONValue(parsing: [UInt8](Data(contentsOf: file)))
        let work = try ScriptRunner.makeWorkFolder()
        defer { ScriptRunner.removeWorkFolder(work) }
        for (name, path) in files {
            let text = try #require(
                path.reduce(expected["request"]) { value, member in value?[member] }?.stringValue)
            try Data(text.utf8).write(to: work.appendingPathComponent(name))
        }
        let outcome = try ChildProcess(
            [TestPaths.binary.path, "commands", "compose"] + arguments, in: work,
            environment: ScriptRunner().environment(work: work)
        ).run()
        #expect(outcome.status == 0, "\(String(decoding: outcome.standardError, as: UTF8.self))")
        let batch = #"{"schema":"assay.commands/1","commands":["#
        #expect(
            String(decoding: outcome.standardOutput, as: UTF8.self)
                == batch + String(decoding: expected.compact(), as: UTF8.self) + "]}\n")
    }

    /// `rule compose` makes the rule that a third party wrote down, byte for byte.
    @Test func ruleIsThatOfTheVector() throws {
        guard let vectors = TestPaths.vectors else { try Skip.test(TestPaths.noVectors) }
        let name = "provisioning-commands/service/provisioning-rule-onboarding.json"
        let file = vectors.appendingPathComponent(name)
        let expected = try JSONValue(parsing: [UInt8](Data(contentsOf: file)))
        let work = try ScriptRunner.makeWorkFolder()
        defer { ScriptRunner.removeWorkFolder(work) }
        let arguments = [
            "rule", "compose", "nRF Cloud Onboarding", "--description", "Onboarding rule for nRF Cloud",
            "--active", "--tag", "nrf-cloud-onboarding", "keygen", "cloud-access-key",
            "server-certificate=nrf-cloud-coap",
        ]
        let outcome = try ChildProcess(
            [TestPaths.binary.path] + arguments, in: work,
            environment: ScriptRunner().environment(work: work)
        ).run()
        #expect(outcome.status == 0, "\(String(decoding: outcome.standardError, as: UTF8.self))")
        #expect(
            String(decoding: outcome.standardOutput, as: UTF8.self)
                == String(decoding: expected.compact(), as: UTF8.self) + "\n")
    }

    /// Every vector has its row above, so that a new one is not forgotten.
    @Test func everyVectorIsComposed() throws {
        guard let vectors = TestPaths.vectors else { try Skip.test(TestPaths.noVectors) }
        let folder = vectors.appendingPathComponent("provisioning-commands")
        let names = try ["", "unproven/"].flatMap { part in
            try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(part).path)
                .filter { $0.hasSuffix(".json") }.map { part + $0 }
        }
        #expect(Set(names) == Set(Self.bodies.map(\.file)))
    }
}
