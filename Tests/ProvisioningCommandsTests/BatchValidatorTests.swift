import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningCommands
import Testing

private let now: Int64 = 1_800_000_000

private func facts(
    key: [UInt8] = [1], from: Int64 = now - 10, to: Int64 = now + 100 * 86_400, name: String? = nil
) -> CertificateFacts {
    CertificateFacts(
        subjectPublicKeyInfo: key, notBefore: from, notAfter: to, subject: "CN=x", commonName: name)
}

private func document(_ requests: CommandRequest..., device: DeviceUUID? = nil) -> JSONValue {
    CommandBatch(deviceUUID: device, commands: requests.map { ProvisioningCommand($0) }).json
}

private func findings(_ requests: CommandRequest...) -> [String] {
    let commands = requests.map { ProvisioningCommand($0) }
    return summary(BatchValidator().validate(CommandBatch(deviceUUID: nil, commands: commands).json))
}

@Suite struct BatchValidatorTests {
    private let tag = SecTag.nrfCloud

    @Test func aSoundBatchHasNoFindings() throws {
        let value = document(
            .clientCertificate(tag, content: Sample.leaf), .serverCertificate(tag, content: Sample.other),
            .finished, device: try Sample.device())
        let inspector = TableInspector(table: [
            Sample.leaf: facts(name: Sample.deviceText), Sample.other: facts(key: [2]),
        ])
        let report = BatchValidator(inspector: inspector, now: now, deviceKeys: [tag: [1]]).validate(value)
        #expect(report.findings == [])
        #expect(report.form == .batch && report.commandCount == 3)
        #expect(report.deviceUUID?.description == Sample.deviceText)
        #expect(report.isAcceptable)
    }

    @Test func finishedBelongsToTheEndOnce() {
        let csr = CommandRequest.certificateSigningRequest(tag, attributes: "CN=a", keyUsage: .standard)
        #expect(findings(csr) == ["warning command-order commands"])
        #expect(
            findings(.serverCertificate(tag, content: Sample.leaf)) == ["error command-order commands"])
        #expect(findings(.finished, csr) == ["error command-order commands[0]"])
        #expect(
            findings(.finished, csr, .finished) == [
                "error command-order commands[0]", "error command-order commands[2]",
            ])
        #expect(findings(csr, .finished) == [])
        let single = ProvisioningCommand(.clientPrivateKeyGeneration(tag)).json
        #expect(BatchValidator().validate(single).findings == [])
        #expect(BatchValidator().validate(single).form == .body)
        #expect(BatchValidator(purpose: .rule).validate(document(csr)).findings == [])
    }

    @Test func aKeyMustNotFollowItsCertificate() {
        let leaf = CommandRequest.clientCertificate(tag, content: Sample.leaf)
        let keygen = CommandRequest.clientPrivateKeyGeneration(tag)
        #expect(findings(leaf, keygen, .finished) == ["error command-order commands[1]"])
        #expect(findings(leaf, .clientPrivateKeyGeneration(SecTag(1)), .finished) == [])
        #expect(findings(keygen, leaf, .finished) == ["warning command-order commands[1]"])
        #expect(findings(keygen, keygen, .finished) == ["warning command-order commands[1]"])
        #expect(
            findings(keygen, .cloudAccessKeyGeneration(tag), .finished) == ["note command-order commands[1]"])
        #expect(findings(leaf, leaf, .finished) == ["warning command-order commands[1]"])
        let server = CommandRequest.serverCertificate(tag, content: Sample.leaf)
        #expect(findings(server, leaf, server, .finished) == ["warning command-order commands[2]"])
    }

    @Test(arguments: [
        (10, []), (11, ["warning command-limit commands"]), (20, ["warning command-limit commands"]),
        (21, ["error command-limit commands"]),
    ])
    func countsCommands(count: Int, expected: [String]) {
        var requests = (1..<count).map { CommandRequest.clientPrivateKeyGeneration(SecTag(UInt32($0))) }
        requests.append(.finished)
        let batch = CommandBatch(deviceUUID: nil, commands: requests.map { ProvisioningCommand($0) })
        #expect(summary(BatchValidator().validate(batch.json)) == expected)
        let bodies = JSONValue.array(batch.commands.map(\.json))
        let inArray = expected.map { $0.replacing(" commands", with: " $") }
        #expect(summary(BatchValidator().validate(bodies)) == inArray)
    }

    @Test func aHugeDocumentIsRefusedWithoutBeingReadToItsEnd() {
        let body = ProvisioningCommand(.preSharedKey(tag, identity: "a", secret: "00")).json
        let report = BatchValidator().validate(.array(Array(repeating: body, count: 200_000)))
        #expect(!report.isAcceptable)
        #expect(report.commandCount == 200_000)
        #expect(report.findings.count < 10_000)
    }

    @Test(arguments: [
        (Sample.leaf.replacing("\n", with: "\r\n"), ["error pem"]),
        (String(Sample.leaf.dropLast()), ["error pem"]),
        (Sample.leaf + "\n", ["warning pem"]),
        ("subject\n" + Sample.leaf, ["warning pem"]),
        ("say \"x\"\n" + Sample.leaf, ["error pem", "warning pem"]),
        (Sample.leaf + Sample.other, ["error chain"]),
        (Sample.leaf + Sample.key, ["error pem"]),
        ("", ["error pem"]),
        ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", ["error pem"]),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END KEY-----\n", ["error pem"]),
    ])
    func judgesThePEMOfAClientCertificate(content: String, expected: [String]) {
        let path = " commands[0].request.clientCertificate.content"
        #expect(findings(.clientCertificate(tag, content: content), .finished) == expected.map { $0 + path })
    }

    @Test func judgesCertificates() throws {
        let cases: [(CertificateFacts, [String])] = [
            (facts(), []),
            (facts(key: [9]), ["error csr-key"]),
            (facts(from: now + 1), ["error validity"]),
            (facts(to: now - 1), ["error validity"]),
            (facts(from: now, to: now), ["warning validity"]),
            (facts(key: [9], to: now - 1), ["error validity", "error csr-key"]),
            (facts(name: "nrf-355025930000003"), ["note csr-subject"]),
        ]
        for (facts, expected) in cases {
            let inspector = TableInspector(table: [Sample.leaf: facts])
            let validator = BatchValidator(inspector: inspector, now: now, deviceKeys: [tag: [1]])
            let value = document(
                .clientCertificate(tag, content: Sample.leaf), .finished, device: try Sample.device())
            let path = " commands[0].request.clientCertificate.content"
            #expect(summary(validator.validate(value)) == expected.map { $0 + path })
        }
        let validator = BatchValidator(inspector: TableInspector(table: [:]), now: Int64.max)
        let report = validator.validate(document(.serverCertificate(tag, content: Sample.leaf), .finished))
        #expect(
            report.findings == [
                BatchFinding(
                    .error, .der,
                    JSONPath.root.appending("commands").appending(0).appending("request")
                        .appending("serverCertificate").appending("content"),
                    "expected a certificate, found garbage")
            ])
    }

    @Test(arguments: [(1792, []), (1793, ["note"]), (2048, ["note"]), (2049, ["error"])])
    func judgesTheLengthOfTheATCommandLine(length: Int, severity: [String]) {
        // AT%CMNG=0,16842753,1,"…" around the content, 56 bytes of which are boundaries and line ends.
        let body = length - 23 - 55
        let lines = String(repeating: "A", count: body - body % 4) + "\n"
        let padding = String(repeating: "\n", count: body % 4)
        let content = "-----BEGIN CERTIFICATE-----\n" + lines + padding + "-----END CERTIFICATE-----\n"
        #expect(content.utf8.count + 23 == length)
        #expect(
            findings(.serverCertificate(tag, content: content), .finished)
                == severity.map { $0 + " command-limit commands[0].request.serverCertificate" })
    }

    @Test func judgesOtherParameters() {
        let path = "commands[0].request."
        #expect(
            findings(.certificateSigningRequest(tag, attributes: nil, keyUsage: nil), .finished) == [
                "warning command \(path)certificateSigningRequest.keyUsage",
                "note command \(path)certificateSigningRequest.attributes",
            ])
        for (attributes, severity) in [("CN=\"a\"", "error"), ("CN", "warning"), ("CN=a,,O=b", "warning")] {
            #expect(
                findings(
                    .certificateSigningRequest(tag, attributes: attributes, keyUsage: .standard), .finished)
                    == ["\(severity) command \(path)certificateSigningRequest.attributes"])
        }
        #expect(
            findings(.preSharedKey(tag, identity: "", secret: "0"), .finished) == [
                "note command \(path)preSharedKey", "error command \(path)preSharedKey.identity",
                "error command \(path)preSharedKey.secret",
            ])
        let settings = (0...10).map { ConfigurationSetting(key: "k\($0)", value: "v") }
        #expect(
            findings(.config(settings), .finished) == [
                "note command \(path)config", "error command-limit \(path)config.properties",
            ])
        for seconds in ["1h", "", "060", "00", "+5", "-5", "0x3c", "1.5", "1234567890", "60 "] {
            #expect(
                findings(.config([.init(key: "provisioning/interval-sec", value: seconds)]), .finished) == [
                    "note command \(path)config",
                    "error command \(path)config.properties.provisioning/interval-sec",
                ], "\(seconds)")
        }
        for seconds in ["0", "60", "999999999"] {
            #expect(
                findings(.config([.init(key: "provisioning/interval-sec", value: seconds)]), .finished)
                    == ["note command \(path)config"], "\(seconds)")
        }
        #expect(
            findings(.config([.init(key: "", value: "x"), .init(key: "k", value: "v\u{0}")]), .finished) == [
                "note command \(path)config", "error command \(path)config.properties",
                "error command \(path)config.properties.k",
            ])
        #expect(
            findings(.serverCertificate(SecTag(50), content: Sample.leaf), .finished)
                == ["warning sec-tag \(path)serverCertificate.secTag"])
        let key = Sample.key.replacing("PRIVATE", with: "ENCRYPTED PRIVATE")
        #expect(
            findings(.clientPrivateKey(tag, content: key, password: nil), .finished) == [
                "note command \(path)clientPrivateKey", "error command \(path)clientPrivateKey.password",
            ])
    }

    @Test func collectsEverythingThatIsWrongWithTheShape() throws {
        let value = try json(
            #"{"schema":"x","deviceUuid":"y","extra":1,"commands":[{"request":{"finished":{"a":1}},"b":2},3,"#
                + #"{"request":{"clientCertificate":{"secTag":-1,"content":5}}}]}"#)
        let report = BatchValidator().validate(value)
        #expect(
            summary(report) == [
                "error command extra", "error command schema", "error command deviceUuid",
                "error command commands[0].b", "error command commands[0].request.finished.a",
                "error command commands[1]",
                "error sec-tag commands[2].request.clientCertificate.secTag",
                "error command commands[2].request.clientCertificate.content",
            ])
        #expect(report.commandCount == 3)
        #expect(summary(BatchValidator().validate(.null)) == ["error command $"])
        #expect(BatchValidator().validate(.null).form == nil)
        #expect(summary(BatchValidator().validate(.array([]))) == ["error command $"])
    }

    @Test func findingsAreWrittenAsJSON() {
        var writer = JSONWriter()
        BatchFinding(.warning, .secTag, JSONPath.root.appending("a"), "b \"c\"").write(to: &writer)
        #expect(
            text(writer.bytes)
                == #"{"severity":"warning","code":"sec-tag","path":"a","message":"b \"c\""}"#)
    }
}
