import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningCommands
import TestSupport
import Testing

@Suite struct MutationTests {
    @Test func whatTheValidatorAcceptsIsReadAndWrittenUnchanged() throws {
        let tag = SecTag(7)
        let batch = CommandBatch(
            deviceUUID: try Sample.device(),
            commands: [
                ProvisioningCommand(.cloudAccessKeyGeneration(SecTag(0))),
                ProvisioningCommand(
                    .certificateSigningRequest(SecTag(8), attributes: "CN=a", keyUsage: .standard)),
                ProvisioningCommand(.clientCertificate(tag, content: Sample.leaf)),
                ProvisioningCommand(.clientPrivateKey(SecTag(9), content: Sample.key, password: nil)),
                ProvisioningCommand(.preSharedKey(tag, identity: "i", secret: "00")),
                ProvisioningCommand(.config([.init(key: "k", value: "v")])),
                ProvisioningCommand(.finished, description: nil),
            ])
        let seed = batch.json.compact()
        #expect(BatchValidator().validate(batch.json).isAcceptable)
        let pieces = [
            "1", "\"\"", "null", "{}", "[]", "-", "true", "\\r", "\\n", "secTag", "-----", "\"", ",", "9",
        ]
        var random = SplitMix64(seed: 4)
        var readable = 0
        var accepted = 0
        for _ in 0..<8_000 {
            var bytes = seed
            let index = Int.random(in: bytes.indices, using: &random)
            let piece = Array((pieces.randomElement(using: &random) ?? "").utf8)
            let removed = Int.random(in: 0...4, using: &random)
            bytes.replaceSubrange(index..<min(bytes.count, index + removed), with: piece)
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            readable += 1
            let report = BatchValidator().validate(value)
            if report.isAcceptable {
                accepted += 1
                #expect(try CommandBatch(json: value).json == value)
            }
            if (try? CommandBatch(json: value)) == nil {
                #expect(!report.isAcceptable)
            }
        }
        #expect(readable > 800 && accepted > 100 && accepted < readable)
    }

    @Test func randomPEMTextDoesNotTrap() {
        var random = SplitMix64(seed: 11)
        let pieces = [
            "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "-----BEGIN -----", "-----END ",
            "AAAA",
            "=", "\n", "\r\n", "\r", " ", "-----", "\u{feff}", "é", "\"",
        ]
        var accepted = 0
        for _ in 0..<20_000 {
            var parts = [
                "-----BEGIN CERTIFICATE-----", "\n", "AAAA", "\n", "-----END CERTIFICATE-----", "\n",
            ]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let index = Int.random(in: 0...parts.count, using: &random)
                let end = min(parts.count, index + Int.random(in: 0...1, using: &random))
                parts.replaceSubrange(index..<end, with: [pieces.randomElement(using: &random) ?? ""])
            }
            let text = parts.joined()
            let parser = StepParser { (_, _) throws(ToolError) in Array(text.utf8) }
            guard let composed = try? parser.parse(["client-certificate=f"]) else { continue }
            accepted += 1
            // What a step makes of a file, the validator has nothing against.
            let batch = CommandBatch(
                deviceUUID: nil, commands: composed.commands + [ProvisioningCommand(.finished)])
            #expect(BatchValidator().validate(batch.json).findings == [])
        }
        #expect(accepted > 2_000 && accepted < 20_000)
    }
}
