import Attestation
import DeviceIdentity
import Diagnostics
import OpenSSL
import PKIX
import Simulator
import Testing

@Suite("Modems")
struct ModemTests {
    @Test func keepCredentials() throws {
        var bench = try Bench()
        #expect(bench.run("%CMNG", "1") == .ok([]))
        #expect(bench.run("%CMNG", "0,\(tag),0,\"\(certificate)\"") == .ok([]))
        let digest = Hex.encode(Digest.sha256(Array(certificate.utf8))).uppercased()
        let line = "%CMNG: \(tag),0,\"\(digest)\""
        #expect(bench.run("%CMNG", "1") == .ok([line]))
        #expect(bench.run("%CMNG", "1,\(tag)") == .ok([line]))
        #expect(bench.run("%CMNG", "1,\(tag),0") == .ok([line]))
        #expect(bench.run("%CMNG", "1,\(tag),1") == .ok([]))
        #expect(bench.run("%CMNG", "1,7") == .ok([]))
        #expect(bench.run("%CMNG", "2,\(tag),0") == .ok([line + ",\"\(certificate)\""]))
        #expect(bench.run("%CMNG", "0,\(tag),0,\"\(certificate)\"") == .failed(.alreadyExists))
        #expect(bench.run("%CMNG", "3,\(tag),0") == .ok([]))
        #expect(bench.run("%CMNG", "3,\(tag),0") == .failed(.notFound))
        #expect(bench.run("%CMNG", "2,\(tag),0") == .failed(.notFound))
    }

    @Test func listByTagAndType() throws {
        var bench = try Bench()
        for place in ["9,4", "2,4", "2,3"] {
            #expect(bench.run("%CMNG", "0,\(place),\"00ff\"") == .ok([]))
        }
        let digest = Hex.encode(Digest.sha256(Array("00ff".utf8))).uppercased()
        #expect(
            bench.run("%CMNG", "1") == .ok(["2,3", "2,4", "9,4"].map { "%CMNG: \($0),\"\(digest)\"" }))
    }

    @Test(arguments: [
        // Tags and types of the modem's own.
        ("%CMNG", "0,2147483668,4,\"a\"", ModemError.notAllowed), ("%CMNG", "3,4294967294,6", .notAllowed),
        ("%CMNG", "0,1,6,\"a\"", .notAllowed), ("%CMNG", "3,1,8", .notAllowed),
        ("%KEYGEN", "2147483668,2,0", .notAllowed),
        // Private keys and secrets are not read back.
        ("%CMNG", "2,1,2", .notAllowed), ("%CMNG", "2,1,3", .notAllowed),
        // Contents that are not what their type says.
        ("%CMNG", "0,1,0,\"nonsense\"", .invalidContent), ("%CMNG", "0,1,2,\"nonsense\"", .invalidContent),
        ("%CMNG", "0,1,3,\"0g\"", .invalidContent), ("%CMNG", "0,1,3,\"abc\"", .invalidContent),
        ("%CMNG", "0,1,4,\"\"", .invalidContent), ("%CMNG", "0,1,5,\"nonsense\"", .invalidContent),
        // What is no command line of these commands.
        ("%CMNG", "", .badParameters), ("%CMNG", "4,1,0", .badParameters), ("%CMNG", "5", .badParameters),
        ("%CMNG", "0,1,12,\"a\"", .badParameters), ("%CMNG", "0,4294967296,4,\"a\"", .badParameters),
        ("%CMNG", "0,-1,4,\"a\"", .badParameters), ("%CMNG", "0,1,4", .badParameters),
        ("%CMNG", "0,1,4,a", .badParameters), ("%CMNG", "0,1,4,\"a", .badParameters),
        ("%CMNG", "0,1,4,\"a\"b", .badParameters), ("%CMNG", "0,\"1\",4,\"a\"", .badParameters),
        ("%CMNG", "3,1", .badParameters), ("%CMNG", "1,1,2,3", .badParameters),
        ("%CMNG", "1,,2", .badParameters), ("%CMNG", "2,1", .badParameters),
        ("%KEYGEN", "1", .badParameters), ("%KEYGEN", "1,3,0", .badParameters),
        ("%KEYGEN", "1,2,2", .badParameters), ("%KEYGEN", "1,2,0,\"CN\"", .badParameters),
        ("%KEYGEN", "1,2,0,\"CN=a\",\"10101\"", .badParameters),
        ("%KEYGEN", "1,2,0,\"CN=a\",\"000000000\"", .badParameters),
        ("%ATTESTTOKEN", "\"00\"", .badParameters), ("%ATTESTTOKEN", "1", .badParameters),
        ("+CFUN", "2", .badParameters),
    ])
    func refuse(_ name: String, _ parameters: String, _ error: ModemError) throws {
        var bench = try Bench()
        #expect(bench.run(name, parameters) == .failed(error))
        #expect(bench.run("%CMNG", "1") == .ok([]))
    }

    @Test func refuseTextWithOtherLineEnds() throws {
        var bench = try Bench()
        let unfinished = String(certificate.dropLast())
        let foreign = certificate.split(separator: "\n").joined(separator: "\r\n") + "\r\n"
        for text in [unfinished, foreign] {
            #expect(bench.run("%CMNG", "0,1,0,\"\(text)\"") == .failed(.invalidContent))
        }
        #expect(bench.run("%CMNG", "0,1,0,\"\(certificate)\n\(certificate)\"") == .ok([]))
        #expect(bench.run("%CMNG", "0,1,1,\"\(certificate)\n\(certificate)\"") == .failed(.invalidContent))
    }

    @Test func keepPrivateKeysWithTheirPassword() throws {
        var bench = try Bench()
        let key = try PrivateKey.p256(scalar: [UInt8](repeating: 1, count: 32))
        let plain = String(decoding: try key.pemUnencrypted(), as: UTF8.self)
        let sealed = String(decoding: try key.pemEncrypted(passphrase: Array("open".utf8)), as: UTF8.self)
        #expect(bench.run("%CMNG", "0,1,2,\"\(plain)\"") == .ok([]))
        #expect(bench.run("%CMNG", "0,2,2,\"\(sealed)\"") == .failed(.invalidContent))
        #expect(bench.run("%CMNG", "0,2,2,\"\(sealed)\",\"shut\"") == .failed(.invalidContent))
        #expect(bench.run("%CMNG", "0,2,2,\"\(sealed)\",\"open\"") == .ok([]))
    }

    @Test func takeTagsForTests() throws {
        var bench = try Bench()
        #expect(bench.run("%CMNG", "0,2147483648,4,\"a\"") == .ok([]))
        #expect(bench.run("%CMNG", "0,2147483667,4,\"a\"") == .ok([]))
    }

    @Test func wantToBeOffLine() throws {
        var bench = try Bench()
        #expect(bench.run("+CFUN", "1") == .ok([]))
        for (name, parameters) in [
            ("%CMNG", "0,1,4,\"a\""), ("%CMNG", "3,1,4"), ("%KEYGEN", "1,2,0"),
        ] {
            #expect(bench.run(name, parameters) == .failed(.notAllowedWhileActive))
        }
        #expect(bench.run("%CMNG", "1") == .ok([]))
        #expect(bench.run("+CFUN", "4") == .ok([]))
        #expect(bench.run("%CMNG", "0,1,4,\"a\"") == .ok([]))
    }

    @Test func fill() throws {
        var bench = try Bench(capacity: 2)
        #expect(bench.run("%CMNG", "0,1,4,\"a\"") == .ok([]))
        #expect(bench.run("%CMNG", "0,2,4,\"a\"") == .ok([]))
        #expect(bench.run("%CMNG", "0,3,4,\"a\"") == .failed(.memoryFull))
        #expect(bench.run("%KEYGEN", "3,2,0") == .failed(.memoryFull))
        #expect(bench.run("%CMNG", "3,1,4") == .ok([]))
        let long = String(repeating: "a", count: 8_193)
        #expect(bench.run("%CMNG", "0,3,4,\"\(long)\"") == .failed(.memoryFull))
    }

    @Test func sayWhatTheLineSays() {
        #expect(Modem.Answer.ok([]).text == "OK\r\n")
        #expect(Modem.Answer.ok(["%CMNG: 1,4,\"00\""]).text == "%CMNG: 1,4,\"00\"\r\nOK\r\n")
        #expect(Modem.Answer.failed(.notFound).text == "+CME ERROR: 513\r\n")
        #expect(Modem.Answer.unknown.text == "ERROR\r\n")
    }

    @Test func knowNoOtherCommand() throws {
        var bench = try Bench()
        #expect(bench.run("%XMODEMUUID", "") == .unknown)
    }

    // MARK: Keys

    /// The one line of an answer, without its name and quotation marks.
    private func token(_ answer: Modem.Answer, _ name: String) throws -> AttestationToken {
        guard case .ok(let lines) = answer, lines.count == 1, let line = lines.first,
            line.hasPrefix("\(name): \""), line.hasSuffix("\"")
        else { throw ToolError(.internalFault, "expected one line of \(name), found \(answer.text)") }
        return try AttestationToken(Array(line.utf8.dropFirst(name.utf8.count + 3).dropLast())[...])
    }

    private func verified(_ token: AttestationToken, _ device: SimulatedDevice) throws -> VerifiedAttestation
    {
        let verifier = try AttestationVerifier(policy: AttestationPolicy())
        let key = IdentityKey(publicKey: device.publicKey, trust: .trusted)
        switch verifier.verify(token, key: key, expectedUUID: device.uuid) {
        case .verified(let verified): return verified
        case .rejected(let failures): throw try #require(failures.first)
        }
    }

    @Test(arguments: [DeviceModel.nRF9151, .nRF9160])
    func makeRequests(_ model: DeviceModel) throws {
        var bench = try Bench(model)
        let answer = bench.run("%KEYGEN", "\(tag),2,0,\"CN=0123456789,O=Bench\",\"101010000\"")
        let verified = try verified(token(answer, "%KEYGEN"), bench.device)
        #expect(verified.profile == model.profile)
        let request = try #require(verified.request)
        #expect(request.subject.description == "CN=0123456789,O=Bench")
        #expect(request.quirks == [.ecdsaNullParameters])
        #expect(request.requestedExtensions.map(\.oid) == [.keyUsage])
        #expect(request.requestedExtensions.first?.isCritical == false)
        #expect(Hex.encode(request.requestedExtensions.first?.value ?? []) == "030203a8")
        guard case .certificationRequest(let message, _) = verified.token.content else {
            Issue.record("expected a request")
            return
        }
        #expect(message.secTag == SecTag(tag))
        #expect(message.deviceUUID == bench.device.uuid)
        #expect(bench.modem.credentials.listing.map(\.slot) == [CredentialSlot(SecTag(tag), .privateKey)])
        #expect(bench.run("%KEYGEN", "\(tag),2,0") == .failed(.alreadyExists))
    }

    @Test func makeRequestsWithoutAttributes() throws {
        var bench = try Bench()
        let verified = try verified(token(bench.run("%KEYGEN", "1,2,0"), "%KEYGEN"), bench.device)
        let request = try #require(verified.request)
        #expect(request.subject.description == "CN=\(bench.device.uuid)")
        #expect(Hex.encode(request.requestedExtensions.first?.value ?? []) == "030203e8")
    }

    @Test(arguments: [DeviceModel.nRF9151, .nRF9160])
    func makePublicKeys(_ model: DeviceModel) throws {
        var bench = try Bench(model)
        let verified = try verified(token(bench.run("%KEYGEN", "17,2,1"), "%KEYGEN"), bench.device)
        #expect(verified.profile == model.profile)
        guard case .publicKey(let message, let key) = verified.token.content else {
            Issue.record("expected a public key")
            return
        }
        #expect(message.secTag == SecTag(17))
        #expect(P256PublicKey(spki: key.der[...])?.isOnCurve == true)
    }

    @Test func makeAnotherKeyEachTime() throws {
        var bench = try Bench()
        var keys: Set<[UInt8]> = []
        for _ in 0..<3 {
            keys.insert(try token(bench.run("%KEYGEN", "1,2,1"), "%KEYGEN").firstPart)
            #expect(bench.run("%CMNG", "3,1,2") == .ok([]))
        }
        #expect(keys.count == 3)
    }

    @Test func attest() throws {
        var bench = try Bench()
        let challenge = String(repeating: "0a", count: 16)
        let answered = try token(bench.run("%ATTESTTOKEN", "\"\(challenge)\""), "%ATTESTTOKEN")
        guard case .identity(let message) = try verified(answered, bench.device).token.content else {
            Issue.record("expected an identity message")
            return
        }
        #expect(message.nonce == [UInt8](repeating: 10, count: 16))
        let first = try token(bench.run("%ATTESTTOKEN", ""), "%ATTESTTOKEN")
        let second = try token(bench.run("%ATTESTTOKEN", ""), "%ATTESTTOKEN")
        #expect(first.firstPart != second.firstPart)
    }
}
