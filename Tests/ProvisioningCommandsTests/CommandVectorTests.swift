import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningCommands
import TestSupport
import Testing

@Suite(.needsVectors)
struct CommandVectorTests {
    static let proven = [
        "certificateSigningRequest", "clientCertificate", "clientPrivateKeyGeneration",
        "cloudAccessKeyGeneration", "finished", "serverCertificate",
    ]
    static let unproven = ["unproven/clientPrivateKey", "unproven/preSharedKey", "unproven/config"]

    @Test(arguments: proven + unproven)
    func everyBodyIsReadAndWrittenByteForByte(name: String) throws {
        let bytes = try Vectors.bytes(name + ".json")
        let value = try JSONValue(parsing: bytes)
        let command = try ProvisioningCommand(json: value)
        #expect(command.request.kind.rawValue == name.split(separator: "/").last.map(String.init))
        #expect(command.json == value)
        #expect(text(command.json.indented()) + "\n" == text(bytes))
        #expect(command.request.kind.isProven == Self.proven.contains(name))
    }

    @Test func stepsComposeTheVectors() throws {
        let certificate = try Vectors.json("clientCertificate.json")["request"]?["clientCertificate"]?[
            "content"]
        let pem = try #require(certificate?.stringValue)
        let parser = StepParser(deviceUUID: try Sample.device()) { (path, _) throws(ToolError) in
            guard path == "dev.pem" else { throw ToolError(.io, "no file") }
            return Array(pem.utf8)
        }
        let composed = try parser.parse([
            "keygen", "cloud-access-key", "csr=O=Example Devices AS,L=Trondheim,C=NO,CN=" + Sample.deviceText,
            "client-certificate=dev.pem", "server-certificate=nrf-cloud-coap", "finished",
        ])
        let names = [
            "clientPrivateKeyGeneration", "cloudAccessKeyGeneration", "certificateSigningRequest",
            "clientCertificate", "serverCertificate", "finished",
        ]
        #expect(try composed.commands.map(\.json) == names.map { try Vectors.json($0 + ".json") })
        #expect(composed.notes == [])
    }

    @Test func unprovenStepsComposeTheVectors() throws {
        let key = try #require(
            try Vectors.json("unproven/clientPrivateKey.json")["request"]?["clientPrivateKey"]?["content"]?
                .stringValue)
        let parser = StepParser(clientKeyPassword: "example-password") { (path, _) throws(ToolError) in
            path == "key.pem" ? Array(key.utf8) : Array(" 000102030405060708090a0b0c0d0e0f\r\n".utf8)
        }
        let composed = try parser.parse([
            "client-key=key.pem", "psk=nrf-355025930000003:psk.hex", "config=provisioning/interval-sec=3600",
        ])
        let expected = try ["clientPrivateKey", "preSharedKey", "config"].map {
            try Vectors.json("unproven/\($0).json")["request"]
        }
        #expect(composed.commands.map { $0.json["request"] } == expected)
    }

    @Test func theFlowOfTheUtilitiesIsAcceptable() throws {
        let bodies = try ["certificateSigningRequest", "clientCertificate", "serverCertificate", "finished"]
            .map { try Vectors.json($0 + ".json") }
        let report = BatchValidator().validate(.array(bodies))
        #expect(report.form == .bodies)
        #expect(
            summary(report) == [
                "note command-limit [2].request.serverCertificate",
                "warning command-order [1]",
            ])
        #expect(report.isAcceptable)
        let batch = try CommandBatch(json: .array(bodies))
        #expect(batch.deviceUUID == nil)
        #expect(batch.commands.map(\.json) == bodies)
    }

    @Test func theOnboardingRuleIsAcceptableAsARule() throws {
        let rule = try Vectors.json("service/provisioning-rule-onboarding.json")
        let commands = try #require(rule["commands"])
        #expect(
            summary(BatchValidator(purpose: .rule).validate(commands)) == [
                "note command-limit [2].request.serverCertificate",
                "note command-order [1]",
            ])
    }
}
