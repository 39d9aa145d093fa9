import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningCommands
import TestSupport
import Testing

private func rule(
    _ requests: [CommandRequest], name: String = "Rule", tags: [String] = ["a"]
) throws -> ProvisioningRule {
    try ProvisioningRule(
        name: name, description: nil, isActive: false,
        commands: requests.map { ProvisioningCommand($0, description: nil) }, tags: tags)
}

@Suite struct ProvisioningRuleTests {
    private let tag = SecTag.nrfCloud

    @Test(.needsVectors)
    func theOnboardingRuleIsWrittenByteForByte() throws {
        let bytes = try Vectors.bytes("service/provisioning-rule-onboarding.json")
        let parser = StepParser { (_, _) throws(ToolError) in throw ToolError(.io, "no file") }
        let steps = try parser.parse(["keygen", "cloud-access-key", "server-certificate=nrf-cloud-coap"])
        let rule = try ProvisioningRule(
            name: "nRF Cloud Onboarding", description: "Onboarding rule for nRF Cloud", isActive: true,
            commands: steps.commands.map { ProvisioningCommand($0.request, description: nil) },
            tags: ["nrf-cloud-onboarding"])
        #expect(text(rule.json.indented()) + "\n" == text(bytes))
    }

    @Test func aDraftWithoutDescription() throws {
        let body = try rule([.finished], tags: ["a", "b=c"]).json
        #expect(
            text(body.compact())
                == #"{"name":"Rule","active":false,"commands":[{"request":{"finished":{}}}],"tags":["a","b=c"]}"#
        )
    }

    @Test func whatCannotBeARuleIsRefused() {
        func code(_ make: () throws -> ProvisioningRule) -> ErrorCode? {
            do {
                _ = try make()
                return nil
            } catch { return (error as? ToolError)?.code }
        }
        let keygen = CommandRequest.clientPrivateKeyGeneration(tag)
        #expect(code { try rule(Array(repeating: keygen, count: 20)) } == nil)
        #expect(code { try rule(Array(repeating: keygen, count: 21)) } == .commandLimit)
        #expect(code { try rule([]) } == .usage)
        #expect(code { try rule([.clientCertificate(tag, content: Sample.leaf)]) } == .usage)
        #expect(code { try rule([.clientPrivateKey(tag, content: Sample.key, password: nil)]) } == .usage)
        #expect(code { try rule([.preSharedKey(tag, identity: "a", secret: "00")]) } == .usage)
        for attributes in ["CN=a", "O=b,CN=a", "O=b, cn =a"] {
            #expect(
                code {
                    try rule([.certificateSigningRequest(tag, attributes: attributes, keyUsage: .standard)])
                } == .usage)
        }
        for attributes in ["O=CN", "CNX=a", "O=b,L=c"] {
            #expect(
                code {
                    try rule([.certificateSigningRequest(tag, attributes: attributes, keyUsage: .standard)])
                } == nil)
        }
        for name in ["", " a", "a ", "a\nb", "a\u{7}", "a\u{2028}b"] {
            #expect(code { try rule([keygen], name: name) } == .usage)
        }
        #expect(code { try rule([keygen], tags: []) } == .usage)
        #expect(code { try rule([keygen], tags: ["a", "b", "a"]) } == .usage)
        #expect(code { try rule([keygen], name: "Regel für Züge") } == nil)
    }
}
