import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningCommands
import Testing

@Suite struct CommandBatchTests {
    @Test func isWrittenAndReadInTheOrderOfTheContract() throws {
        let batch = CommandBatch(
            deviceUUID: try Sample.device(),
            commands: [
                ProvisioningCommand(.clientPrivateKeyGeneration(.nrfCloud)),
                ProvisioningCommand(.finished, description: nil),
                ProvisioningCommand(
                    .certificateSigningRequest(SecTag(1), attributes: nil, keyUsage: nil), description: ""),
            ])
        let expected =
            #"{"schema":"assay.commands/1","deviceUuid":"5034394c-3132-4d31-80aa-1c2b3d4e5f60","commands":["#
            + #"{"description":"Generate client key pair","request":{"clientPrivateKeyGeneration":"#
            + #"{"secTag":16842753}}},{"request":{"finished":{}}},"#
            + #"{"description":"","request":{"certificateSigningRequest":{"secTag":1}}}]}"#
        #expect(text(batch.json.compact()) == expected)
        #expect(try CommandBatch(json: batch.json) == batch)
        let anonymous = CommandBatch(deviceUUID: nil, commands: [ProvisioningCommand(.finished)])
        #expect(try CommandBatch(json: anonymous.json) == anonymous)
        #expect(anonymous.json["deviceUuid"] == nil)
    }

    @Test(arguments: [
        ("1", ErrorCode.command, "$: expected a command batch, command bodies or one, found an integer"),
        ("{}", .command, "schema: missing member"),
        (
            #"{"schema":"assay.commands/2","commands":[]}"#, .command,
            "schema: expected 'assay.commands/1', found 'assay.commands/2'"
        ),
        (
            #"[{"request":{"finished":{"secTag":1}}}]"#, .command,
            "[0].request.finished.secTag: unknown member, expected none"
        ),
        (
            #"{"request":{"finished":{}},"id":"x"}"#, .command,
            "id: unknown member, expected description, request"
        ),
        (#"{"request":{}}"#, .command, "request: expected exactly one member, found 0"),
        (
            #"{"request":{"finished":{},"config":{}}}"#, .command,
            "request: expected exactly one member, found 2"
        ),
        (
            #"{"request":{"keygen":{}}}"#, .command,
            "request.keygen: unknown kind of command, expected one of clientPrivateKeyGeneration, "
                + "cloudAccessKeyGeneration, certificateSigningRequest, clientCertificate, "
                + "serverCertificate, "
                + "clientPrivateKey, preSharedKey, config, finished"
        ),
        (
            #"{"request":{"clientPrivateKeyGeneration":{}}}"#, .command,
            "request.clientPrivateKeyGeneration.secTag: missing member"
        ),
        (
            #"{"request":{"clientPrivateKeyGeneration":{"secTag":"1"}}}"#, .command,
            "request.clientPrivateKeyGeneration.secTag: expected a security tag from 0 to 2147483647, "
                + "found a string"
        ),
        (
            #"{"request":{"clientPrivateKeyGeneration":{"secTag":2147483648}}}"#, .secTag,
            "request.clientPrivateKeyGeneration.secTag: expected a security tag from 0 to 2147483647, "
                + "found 2147483648"
        ),
        (
            #"{"request":{"clientPrivateKeyGeneration":{"secTag":1.0}}}"#, .secTag,
            "request.clientPrivateKeyGeneration.secTag: expected a security tag from 0 to 2147483647, "
                + "found another number"
        ),
        (
            #"{"description":1,"request":{"finished":{}}}"#, .command,
            "description: expected a string, found an integer"
        ),
        (
            #"{"request":{"certificateSigningRequest":{"secTag":1,"keyUsage":"1"}}}"#, .command,
            "request.certificateSigningRequest.keyUsage: expected a key usage of nine characters 0 or 1, "
                + "found '1'"
        ),
        (
            #"{"request":{"config":{"properties":{"a b":1}}}}"#, .command,
            "request.config.properties[\"a b\"]: expected a string, found an integer"
        ),
    ])
    func refusesWithThePath(document: String, code: ErrorCode, message: String) throws {
        let value = try json(document)
        #expect(throws: ToolError(code, message)) { try CommandBatch(json: value) }
    }

    @Test func doesNotTakeALookAlikeForAName() throws {
        // U+212A is canonically equivalent to K.
        let value = try json("{\"request\":{\"clientPrivate\u{212a}eyGeneration\":{\"secTag\":1}}}")
        #expect(throws: ToolError.self) { try CommandBatch(json: value) }
    }

    @Test(arguments: ["10101000", "1010100000", "10101000x", "", "１01010000"])
    func keyUsageIsNineBits(text: String) {
        #expect(throws: ToolError.self) { try CSRKeyUsage(text: text) }
    }

    @Test func manifestMakesABatchOfACertificate() throws {
        let manifest = CommandManifest(following: [
            ProvisioningCommand(.serverCertificate(.nrfCloud, content: Sample.other))
        ])
        for status in ["issued", "existing"] {
            let record: JSONValue = .object([
                "schema": .string("assay.issuance/1"), "status": .string(status),
                "deviceUuid": .string(Sample.deviceText.uppercased()),
                "certificatePem": .string(Sample.leaf.replacing("\n", with: "\r\n")),
            ])
            let expected = CommandBatch(
                deviceUUID: try Sample.device(),
                commands: [
                    ProvisioningCommand(.clientCertificate(.nrfCloud, content: Sample.leaf)),
                    ProvisioningCommand(.serverCertificate(.nrfCloud, content: Sample.other)),
                    ProvisioningCommand(.finished),
                ])
            #expect(try manifest.batch(fromIssuance: record) == .batch(expected))
        }
    }

    @Test func manifestSkipsWhatWasRejected() throws {
        let manifest = CommandManifest(clientTag: SecTag(3), following: [ProvisioningCommand(.finished)])
        let rejected = try json(
            #"{"schema":"assay.issuance/1","status":"rejected","deviceUuid":"u","failures":["#
                + #"{"code":"csr-signature","message":"does not verify"},{"code":"der"}]}"#)
        #expect(
            try manifest.batch(fromIssuance: rejected)
                == .skipped(deviceUUID: "u", reason: "csr-signature: does not verify; der"))
        for status in ["wouldIssue", "wouldExist"] {
            let planned = try json(
                #"{"schema":"assay.issuance/1","status":"\#(status)","deviceUuid":"u","failures":[]}"#)
            #expect(
                try manifest.batch(fromIssuance: planned)
                    == .skipped(deviceUUID: "u", reason: "the record is of a dry run, which issued nothing"))
        }
        let nameless = try json(
            #"{"schema":"assay.issuance/1","status":"issued","certificatePem":"x"}"#)
        #expect(
            try manifest.batch(fromIssuance: nameless)
                == .skipped(deviceUUID: nil, reason: "the record names no device"))
    }

    @Test(arguments: [
        ("[]", ErrorCode.json), (#"{"schema":"assay.token/1","status":"issued"}"#, .json),
        (#"{"schema":"assay.issuance/1","status":"lost"}"#, .json),
        (#"{"schema":"assay.issuance/1","status":"issued","deviceUuid":"x"}"#, .json),
        (
            #"{"schema":"assay.issuance/1","status":"issued","#
                + #""deviceUuid":"5034394c-3132-4d31-80aa-1c2b3d4e5f60"}"#,
            .json
        ),
        (
            #"{"schema":"assay.issuance/1","status":"issued","#
                + #""deviceUuid":"5034394c-3132-4d31-80aa-1c2b3d4e5f60","#
                + #""certificatePem":"none"}"#, .pem
        ),
    ])
    func manifestRefusesOtherRecords(record: String, code: ErrorCode) throws {
        let value = try json(record)
        let error = #expect(throws: ToolError.self) { try CommandManifest().batch(fromIssuance: value) }
        #expect(error?.code == code)
    }
}
