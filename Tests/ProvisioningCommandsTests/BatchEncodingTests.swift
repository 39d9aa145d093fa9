import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningCommands
import Testing

private let tag = SecTag(17)

@Suite struct BatchEncodingTests {
    private let uuid = "89ed369b-0fed-4194-a703-aabb7fe8130b"

    private func series(_ first: UInt32 = 1) throws -> CorrelationSeries {
        CorrelationSeries(uuid: try DeviceUUID(text: uuid), first: first)
    }

    private func encoding(_ requests: CommandRequest..., first: UInt32 = 1) throws -> BatchEncoding {
        let commands = requests.map { ProvisioningCommand($0) }
        return try encode(CommandBatch(deviceUUID: nil, commands: commands).json, first: first)
    }

    private func encode(_ document: JSONValue, first: UInt32 = 1) throws -> BatchEncoding {
        try BatchEncoding.encode(document, series: try series(first)).get()
    }

    /// What the device gets: the id after the UUID, the command, the errors that it ignores.
    private func lines(_ encoding: BatchEncoding) -> [String] {
        encoding.records.map { record in
            let id = record.correlationID.replacing(uuid, with: "")
            switch record.action {
            case .at(let at): return "\(id) \(at.name)=\(at.parameters) \(at.ignoredErrors)"
            case .config(let settings): return "\(id) \(settings.map { "\($0.key)=\($0.value)" })"
            case .finished: return "\(id) finished"
            }
        }
    }

    @Test func everyKindOfCommandHasItsSteps() throws {
        let usage = CSRKeyUsage.standard
        let cases: [(CommandRequest, [String])] = [
            (.clientPrivateKeyGeneration(tag), [".1.s %CMNG=3,17,2 [513]", ".1 %KEYGEN=17,2,1 []"]),
            (.cloudAccessKeyGeneration(tag), [".1.s %CMNG=3,17,2 [513]", ".1 %KEYGEN=17,2,0 []"]),
            (
                .certificateSigningRequest(tag, attributes: "CN=a,O=b", keyUsage: usage),
                [".1.s %CMNG=3,17,2 [513]", #".1 %KEYGEN=17,2,0,"CN=a,O=b","101010000" []"#]
            ),
            (
                .certificateSigningRequest(tag, attributes: "CN=a", keyUsage: nil),
                [".1.s %CMNG=3,17,2 [513]", #".1 %KEYGEN=17,2,0,"CN=a" []"#]
            ),
            (
                .certificateSigningRequest(tag, attributes: nil, keyUsage: usage),
                [".1.s %CMNG=3,17,2 [513]", #".1 %KEYGEN=17,2,0,,"101010000" []"#]
            ),
            (
                .serverCertificate(tag, content: Sample.leaf),
                [".1.s %CMNG=3,17,0 [513]", ".1 %CMNG=0,17,0,\"\(Sample.leaf)\" []"]
            ),
            (
                .clientCertificate(tag, content: Sample.leaf),
                [".1.s %CMNG=3,17,1 [513]", ".1 %CMNG=0,17,1,\"\(Sample.leaf)\" []"]
            ),
            (
                .clientPrivateKey(tag, content: Sample.key, password: nil),
                [".1.s %CMNG=3,17,2 [513]", ".1 %CMNG=0,17,2,\"\(Sample.key)\" []"]
            ),
            (
                .clientPrivateKey(
                    tag, content: Sample.key.replacing("PRIVATE", with: "ENCRYPTED PRIVATE"), password: "p,q"),
                [
                    ".1.s %CMNG=3,17,2 [513]",
                    ".1 %CMNG=0,17,2,\"\(Sample.key.replacing("PRIVATE", with: "ENCRYPTED PRIVATE"))\",\"p,q\" []",
                ]
            ),
            (
                .preSharedKey(tag, identity: "nrf,1", secret: "00ff"),
                [
                    ".1.s %CMNG=3,17,4 [513]", #".1 %CMNG=0,17,4,"nrf,1" []"#, ".2.s %CMNG=3,17,3 [513]",
                    #".2 %CMNG=0,17,3,"00ff" []"#,
                ]
            ),
            (.config([.init(key: "b", value: "1"), .init(key: "a", value: "")]), [#".1 ["b=1", "a="]"#]),
            (.finished, [".1 finished"]),
        ]
        #expect(Set(cases.map(\.0.kind)).count == CommandRequest.Kind.allCases.count)
        for (request, expected) in cases {
            let encoding = try encoding(request)
            #expect(lines(encoding) == expected)
            let folded = ReceivedCommand.fold(encoding.records)
            #expect(folded.map(\.request) == [request])
            #expect(folded.map(\.records) == [encoding.records])
            #expect(folded.map(\.correlationID) == encoding.correlationIDs)
            #expect(try DeviceMessage(cbor: encoding.cbor) == .commands(encoding.records))
        }
    }

    @Test func aBatchIsFoldedIntoItsCommands() throws {
        let requests: [CommandRequest] = [
            .clientPrivateKeyGeneration(tag), .preSharedKey(SecTag(1), identity: "i", secret: "aa"),
            .preSharedKey(SecTag(2), identity: "j", secret: "bb"), .finished, .finished,
            .config([.init(key: "k", value: "v")]), .serverCertificate(tag, content: Sample.leaf),
        ]
        let batch = CommandBatch(deviceUUID: nil, commands: requests.map { ProvisioningCommand($0) })
        let encoding = try encode(batch.json, first: 0xe)
        #expect(encoding.correlationIDs == ["e", "10", "12", "13", "14", "15", "16"].map { "\(uuid).\($0)" })
        #expect(ReceivedCommand.fold(encoding.records).map(\.request) == requests)
    }

    /// One difference from what a request makes, and it is shown as AT commands.
    @Test func whatIsNotExactlyARequestStaysAsItIs() throws {
        func at(_ id: String, _ name: String, _ parameters: String, _ ignored: [UInt32] = []) -> DeviceCommand
        {
            DeviceCommand(
                correlationID: id,
                action: .at(ATCommand(name: name, parameters: parameters, ignoredErrors: ignored)))
        }
        let helper = at("a.s", "%CMNG", "3,17,2", [513])
        let work = at("a", "%KEYGEN", "17,2,1")
        #expect(ReceivedCommand.fold([helper, work]).map(\.request) == [.clientPrivateKeyGeneration(tag)])
        let cases: [[DeviceCommand]] = [
            [work], [helper], [work, helper], [at("b.s", "%CMNG", "3,17,2", [513]), work],
            [at("a.s", "%CMNG", "3,18,2", [513]), work], [at("a.s", "%CMNG", "3,17,2"), work],
            [at("a.s", "%CMNG", "3,17,1", [513]), work], [at("a.s", "%CMNG", "3,17,2", [513, 514]), work],
            [helper, at("a", "%KEYGEN", "17,8,1")], [helper, at("a", "%KEYGEN", "017,2,1")],
            [helper, at("a", "%KEYGEN", "17,2,1,")], [helper, at("a", "%KEYGEN", "17, 2,1")],
            [helper, at("a", "%KEYGEN", "17,2,1", [1])], [helper, at("a", "%keygen", "17,2,1")],
            // U+212A, which equals K for Swift.
            [helper, at("a", "%\u{212a}EYGEN", "17,2,1")],
            [helper, at("a", "%KEYGEN", #"17,2,0,"a","b","c""#)], [helper, at("a", "%KEYGEN", "17,2,0,a")],
            [helper, at("a", "%KEYGEN", #"17,2,0,"CN=a","2""#)],
            [at("a.s", "%CMNG", "3,2147483648,2", [513]), at("a", "%KEYGEN", "2147483648,2,1")],
            [at("a.s", "%CMNG", "3,17,4", [513]), at("a", "%CMNG", #"0,17,4,"i""#)],
        ]
        for records in cases {
            let folded = ReceivedCommand.fold(records)
            #expect(folded.map(\.request) == records.map { _ in nil })
            #expect(folded.flatMap(\.records) == records)
        }
        let mixed = ReceivedCommand.fold([work, helper, work, helper])
        #expect(mixed.map(\.request) == [nil, .clientPrivateKeyGeneration(tag), nil])
    }

    @Test func whatDoesNotFitIsRefused() throws {
        func refusal(_ requests: CommandRequest...) throws -> String? {
            let commands = requests.map { ProvisioningCommand($0) }
            do {
                _ = try encode(CommandBatch(deviceUUID: nil, commands: commands).json)
                return nil
            } catch let finding as BatchFinding {
                return "\(finding.code.rawValue) \(finding.path)"
            }
        }
        let request = "commands[0].request."
        #expect(
            try refusal(.certificateSigningRequest(tag, attributes: "CN=\"", keyUsage: .standard))
                == "command \(request)certificateSigningRequest.attributes")
        #expect(
            try refusal(.clientCertificate(tag, content: Sample.leaf.replacing("\n", with: "\r\n")))
                == "pem \(request)clientCertificate.content")
        #expect(
            try refusal(.config((0...10).map { .init(key: "\($0)", value: "") }))
                == "command-limit \(request)config.properties")
        #expect(
            try refusal(
                .certificateSigningRequest(
                    tag, attributes: "CN=" + String(repeating: "a", count: 2048), keyUsage: .standard))
                == "command-limit \(request)certificateSigningRequest")
        let many = CommandBatch(
            deviceUUID: nil, commands: Array(repeating: ProvisioningCommand(.finished), count: 21))
        #expect(throws: BatchFinding.self) { try encode(many.json) }
        #expect(throws: ToolError.self) { try encode(.null) }
    }

    @Test func orderDoesNotHinderAndSizesAreNoted() throws {
        let encoding = try encoding(.finished, .clientPrivateKeyGeneration(tag))
        #expect(encoding.findings.map(\.severity) == [.warning])
        #expect(encoding.findings.map(\.path) == ["commands[0]"])
        let ten = (0..<5).map { ProvisioningCommand(.clientPrivateKeyGeneration(SecTag($0))) }
        let atLimit = CommandBatch(deviceUUID: nil, commands: ten)
        #expect(try encode(atLimit.json).findings == [])
        let above = CommandBatch(deviceUUID: nil, commands: ten + [ProvisioningCommand(.finished)])
        let notes = try encode(above.json).findings
        #expect(notes.map(\.severity) == [.note])
        #expect(notes.map(\.code) == [.commandLimit])
        #expect(notes.allSatisfy { $0.message.contains("11 commands") })
        let inferred = try self.encoding(.cloudAccessKeyGeneration(tag)).findings
        #expect(inferred.map(\.path) == ["commands[0]"])
    }

    @Test func countersEndWhereTheBufferOfTheDeviceDoes() throws {
        let last = try encoding(.clientPrivateKeyGeneration(tag), first: 0xff_ffff)
        #expect(last.records.map(\.correlationID) == ["\(uuid).ffffff.s", "\(uuid).ffffff"])
        #expect(last.records.allSatisfy { $0.correlationID.utf8.count <= CorrelationSeries.lengthLimit })
        #expect(throws: ToolError.self) {
            try encoding(.finished, .finished, first: 0xff_ffff)
        }
        #expect(try CorrelationSeries.counter(text: "00ABcd") == 0xabcd)
        for text in ["", "g", "0x1", "1000000", "+1", "-1", " 1", "१"] {
            #expect(throws: ToolError.self) { try CorrelationSeries.counter(text: text) }
        }
    }
}
