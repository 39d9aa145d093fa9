import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningCommands
import Testing

private let files: [String: String] = [
    "leaf.pem": Sample.leaf,
    "crlf.pem": "subject=/CN=x\r\n" + Sample.leaf.replacing("\n", with: "\r\n") + "\r\n\r\n",
    "nonewline.pem": String(Sample.leaf.dropLast()),
    "bom.pem": "\u{feff}" + Sample.leaf,
    "two.pem": Sample.leaf + "issuer\n" + Sample.other,
    "with-key.pem": Sample.leaf + Sample.key,
    "key.pem": Sample.key,
    "encrypted.pem": Sample.key.replacing("PRIVATE", with: "ENCRYPTED PRIVATE"),
    "none.pem": "no blocks here\n",
    "open.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n",
    "base64.pem": "-----BEGIN CERTIFICATE-----\nAA!A\n-----END CERTIFICATE-----\n",
    "psk.hex": "00ff\n",
    "psk.bad": "00f\n",
]

private func compose(_ steps: [String], device: DeviceUUID? = nil, password: String? = nil) throws
    -> ComposedSteps
{
    let parser = StepParser(deviceUUID: device, clientKeyPassword: password) { (path, _) throws(ToolError) in
        guard let content = files[path] else { throw ToolError(.io, "no such file") }
        return Array(content.utf8)
    }
    return try parser.parse(steps)
}

private func requests(_ steps: String..., device: DeviceUUID? = nil) throws -> [CommandRequest] {
    try compose(steps, device: device).commands.map(\.request)
}

@Suite struct StepParserTests {
    private let tag = SecTag(16_842_753)

    @Test func namesTagsAndDefaults() throws {
        #expect(
            try requests("keygen", "keygen@17", "cloud-access-key@0", "csr@2147483647", "finished")
                == [
                    .clientPrivateKeyGeneration(tag), .clientPrivateKeyGeneration(SecTag(17)),
                    .cloudAccessKeyGeneration(SecTag(0)),
                    .certificateSigningRequest(
                        SecTag(2_147_483_647), attributes: nil, keyUsage: .standard),
                    .finished,
                ])
        #expect(
            try requests("csr", "csr=CN=a@b=c,O=d", device: Sample.device())
                == [
                    .certificateSigningRequest(
                        tag, attributes: "CN=" + Sample.deviceText, keyUsage: .standard),
                    .certificateSigningRequest(tag, attributes: "CN=a@b=c,O=d", keyUsage: .standard),
                ])
        #expect(try compose(["keygen"]).commands.first?.description == "Generate client key pair")
        #expect(try compose([]).commands.isEmpty)
    }

    @Test func usesKeyUsageAndTagOfTheCaller() throws {
        let usage = try CSRKeyUsage(text: "111010000")
        let parser = StepParser(defaultTag: SecTag(5), keyUsage: usage) { (_, _) throws(ToolError) in [] }
        #expect(
            try parser.parse(["csr"]).commands.map(\.request)
                == [.certificateSigningRequest(SecTag(5), attributes: nil, keyUsage: usage)])
    }

    @Test(arguments: ["leaf.pem", "crlf.pem", "nonewline.pem", "bom.pem"])
    func normalizesPEM(file: String) throws {
        #expect(
            try requests("client-certificate=\(file)", "server-certificate@9=\(file)")
                == [
                    .clientCertificate(tag, content: Sample.leaf),
                    .serverCertificate(SecTag(9), content: Sample.leaf),
                ])
    }

    @Test func saysWhatItLeftOut() throws {
        #expect(
            try compose(["client-certificate=crlf.pem"]).notes == [
                "crlf.pem: text outside the PEM blocks was left out", "crlf.pem: CR LF line ends became LF",
            ])
        #expect(try compose(["client-certificate=nonewline.pem"]).notes == [])
    }

    @Test func serverCertificatesMayBeSeveral() throws {
        #expect(
            try requests("server-certificate=two.pem")
                == [.serverCertificate(tag, content: Sample.leaf + "\n" + Sample.other)])
    }

    @Test func builtInCertificates() throws {
        let commands = try requests("server-certificate=nrf-cloud", "server-certificate@1=nrf-cloud-coap")
        guard case .serverCertificate(_, let amazon)? = commands.first,
            case .serverCertificate(_, let both)? = commands.last
        else {
            Issue.record("expected two server certificates")
            return
        }
        #expect(amazon.hasPrefix("-----BEGIN CERTIFICATE-----\nMIIDQTCC") && amazon.utf8.count == 1188)
        #expect(both.hasPrefix(amazon + "\n-----BEGIN CERTIFICATE-----\nMIIBjzCC"))
        #expect(amazon.hasSuffix("rqXRfboQnoZsG4q5WTP468SQvvG5\n-----END CERTIFICATE-----\n"))
    }

    @Test func consecutiveSettingsMakeOneCommand() throws {
        #expect(
            try requests("config=a=1", "config=b=x=y", "keygen", "config=a=", "finished")
                == [
                    .config([.init(key: "a", value: "1"), .init(key: "b", value: "x=y")]),
                    .clientPrivateKeyGeneration(tag), .config([.init(key: "a", value: "")]), .finished,
                ])
        #expect(throws: ToolError.self) { try compose((0...10).map { "config=k\($0)=v" }) }
    }

    @Test func secretsComeFromFiles() throws {
        #expect(
            try requests("psk@7=me:psk.hex", "client-key=key.pem")
                == [
                    .preSharedKey(SecTag(7), identity: "me", secret: "00ff"),
                    .clientPrivateKey(tag, content: Sample.key, password: nil),
                ])
        let encrypted = try compose(["client-key=encrypted.pem"], password: "p").commands.first?.request
        #expect(
            encrypted
                == .clientPrivateKey(
                    tag, content: Sample.key.replacing("PRIVATE", with: "ENCRYPTED PRIVATE"), password: "p"))
        #expect(encrypted.map { "\($0)" } == "clientPrivateKey@16842753")
    }

    @Test(arguments: [
        ("", ErrorCode.usage), ("nothing", .usage), ("keygen=1", .usage), ("finished@1", .usage),
        ("finished=1", .usage),
        ("keygen@", .usage), ("keygen@x", .usage), ("keygen@-1", .usage), ("keygen@2147483648", .secTag),
        ("keygen@4294967296", .usage), ("client-certificate", .usage), ("client-certificate=", .usage),
        ("client-certificate=absent.pem", .io), ("client-certificate=two.pem", .chain),
        ("client-certificate=with-key.pem", .pem), ("client-certificate=none.pem", .pem),
        ("client-certificate=open.pem", .pem), ("client-certificate=base64.pem", .pem),
        ("client-certificate=key.pem", .pem), ("server-certificate=with-key.pem", .pem),
        ("client-key=leaf.pem", .pem), ("client-key=with-key.pem", .pem),
        ("client-key=encrypted.pem", .passphrase),
        ("psk=a", .usage), ("psk=:psk.hex", .usage), ("psk=a:", .usage), ("psk=a:psk.bad", .command),
        ("psk=a\"b:psk.hex", .usage), ("config=a", .usage), ("config==v", .usage), ("config", .usage),
        ("config@1=a=b", .usage), ("csr=", .command), ("csr=CN=a\"b", .command), ("csr=CN=a\nb", .command),
    ])
    func refuses(step: String, code: ErrorCode) {
        let error = #expect(throws: ToolError.self) { try compose([step]) }
        #expect(error?.code == code)
        #expect(error?.context.first?.name == "step")
    }

    @Test func errorsHoldNothingOfAKeyFile() {
        let error = #expect(throws: ToolError.self) { try compose(["client-certificate=key.pem"]) }
        #expect(error?.message == "expected certificates only, found a block PRIVATE KEY")
    }
}
