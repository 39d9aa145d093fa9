import DeviceIdentity
import Diagnostics
import Foundation
import JSON
import JWT
import OpenSSL
import PKIX
import TestSupport
import Testing

/// What ``JWTDraft`` signs, by our own verifier and by another.
@Suite struct SigningTests {
    private let key: PrivateKey
    private let random = [UInt8](0..<32)

    init() throws { key = try PrivateKey.p256(scalar: [UInt8](repeating: 0, count: 31) + [7]) }

    private func text(_ signed: JWTDraft.Signed, _ part: Int) throws -> String {
        let parts = signed.text.split(separator: UInt8(ascii: "."))
        return String(decoding: try Base64.decodeURL(parts[part]), as: UTF8.self)
    }

    @Test func aDevicesTokenHasTheModemsOrderAndSpaces() throws {
        var draft = JWTDraft()
        draft.device = try DeviceUUID(text: "50363154-3930-4d96-80f9-13121cf35adc")
        draft.lifetime = 300
        draft.subject = "s"
        draft.audiences = ["a"]
        draft.claims = [.init("z", .bool(true)), .init("b", .null)]
        let signed = try draft.sign(key, now: 1_760_000_000, random: random)
        let kid = Hex.encode(key.publicKey.kid)
        #expect(try text(signed, 0) == #"{"typ":"JWT","alg":"ES256","kid":"\#(kid)"}  "#)
        let expected = """
            {"iss":"nRF9160.50363154-3930-4d96-80f9-13121cf35adc",\
            "jti":"nRF9160.00010203-0405-0607-0809-0a0b0c0d0e0f.101112131415161718191a1b1c1d1e1f",\
            "iat":1760000000,"exp":1760000300,"sub":"s","aud":"a","z":true,"b":null}
            """
        let claims = try text(signed, 1)
        #expect(claims == expected + String(repeating: " ", count: (3 - expected.utf8.count % 3) % 3))
        #expect(claims.utf8.count % 3 == 0)
    }

    /// A token that every verifier refuses is worth no signature; one that is refused now may be wanted.
    @Test func registeredClaimsHaveTheirTypes() throws {
        func message(_ name: String, _ value: JSONValue) -> String? {
            var draft = JWTDraft()
            draft.claims = [.init(name, value)]
            do throws(ToolError) {
                _ = try draft.sign(key, now: 1_760_000_000, random: [])
                return nil
            } catch {
                return error.code == .usage ? error.message : "\(error)"
            }
        }
        let time = "a number of seconds in 0 ..< 2^53 without an exponent"
        let refused = "the token would not be accepted: expected"
        #expect(message("exp", .string("soon")) == "\(refused) exp to be \(time), found a string")
        #expect(message("nbf", .integer(-1)) == "\(refused) nbf to be \(time), found -1")
        #expect(message("iat", .null) == "\(refused) iat to be \(time), found null")
        #expect(message("iss", .integer(1)) == "\(refused) iss to be a string, found 1")
        #expect(message("sub", .bool(true)) == "\(refused) sub to be a string, found a boolean")
        #expect(message("jti", .integer(1)) == "\(refused) jti to be a string, found 1")
        #expect(
            message("aud", .array([.null]))
                == "\(refused) aud to be a string or an array of strings, found an array")
        #expect(message("exp", .integer(1)) == nil && message("nbf", .integer(1 << 40)) == nil)
    }

    @Test func everySignatureVerifies() throws {
        // Enough of them that r and s with leading zeros occur.
        let keys = SingleJWTKey(try JWTKey(SubjectPublicKeyInfo(der: key.publicKey.spki), trust: "given"))
        for index in 0..<1_000 {
            var draft = JWTDraft()
            draft.claims = [.init("n", .integer(Int64(index)))]
            let signed = try draft.sign(key, now: 0, random: [])
            #expect(try codes(String(decoding: signed.text, as: UTF8.self), keys) == [])
        }
    }

    @Test func whatCannotBeIsRefused() throws {
        func code(_ change: (inout JWTDraft) -> Void, now: Int64 = 0) -> ErrorCode? {
            var draft = JWTDraft()
            change(&draft)
            do throws(ToolError) {
                _ = try draft.sign(key, now: now, random: random)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code { _ in } == nil)
        #expect(code { $0.claims = [.init("a", .null), .init("a", .null)] } == .usage)
        #expect(code { ($0.issuer, $0.claims) = ("i", [.init("iss", .null)]) } == .usage)
        #expect(code { $0.lifetime = 0 } == .usage)
        #expect(code({ $0.lifetime = .max }, now: 1) == .usage)
        #expect(code({ $0.lifetime = 1 }, now: .max) == .usage)
        #expect(code({ $0.lifetime = 1 }, now: -1) == .usage)
        #expect(code { $0.subject = String(repeating: "s", count: 20_000) } == .usage)
    }

    @Test func onlyP256KeysSign() throws {
        for kind in [PrivateKey.GeneratedKind.p384, .ed25519] {
            let other = try PrivateKey.generate(kind)
            let error = #expect(throws: ToolError.self) { try JWTDraft().sign(other, now: 0, random: random) }
            #expect(error?.code == .algorithm)
        }
    }

    // MARK: Another implementation

    @Test func joserfcAcceptsServiceAndDeviceTokens() throws {
        let work = try ScriptRunner.makeWorkFolder()
        defer { ScriptRunner.removeWorkFolder(work) }
        let environment = ProcessInfo.processInfo.environment
        let interpreter = try Peers.python()
        func python(_ arguments: [String]) throws -> ProcessOutcome {
            try ChildProcess([interpreter, "-W", "ignore"] + arguments, in: work, environment: environment)
                .run()
        }
        var service = JWTDraft()
        service.keyID = .none
        service.audiences = ["team"]
        service.subject = "nrf-1"
        service.lifetime = 2_592_000
        var device = JWTDraft()
        device.device = try DeviceUUID(text: "50363154-3930-4d96-80f9-13121cf35adc")
        device.lifetime = 300
        let tokens = try [service, device].map { try $0.sign(key, now: 1_760_000_000, random: random) }
        let pem = PEMWriter.encode(label: "PUBLIC KEY", der: key.publicKey.spki)
        try Data(pem).write(to: work.appendingPathComponent("key.pem"))
        let program = """
            import json, sys
            from joserfc import jwt
            from joserfc.jwk import ECKey
            key = ECKey.import_key(open("key.pem").read())
            for text in sys.argv[1:]:
                token = jwt.decode(text, key, algorithms=["ES256"])
                print(json.dumps([token.header, token.claims], separators=(",", ":")))
            """
        let texts = tokens.map { String(decoding: $0.text, as: UTF8.self) }
        let outcome = try python(["-c", program] + texts)
        let errors = String(decoding: outcome.standardError, as: UTF8.self)
        let expected = tokens.map {
            let pair = JSONValue.array([.object($0.header), .object($0.claims)])
            return String(decoding: pair.compact(), as: UTF8.self) + "\n"
        }
        #expect(String(decoding: outcome.standardOutput, as: UTF8.self) == expected.joined(), "\(errors)")
        // The same program refuses a token with the signature of the other one.
        let parts = texts.map { $0.split(separator: ".") }
        let forged = "\(parts[0][0]).\(parts[0][1]).\(parts[1][2])"
        let refusal = try python(["-c", program, forged])
        #expect(refusal.status == 1 && refusal.standardOutput.isEmpty)
        #expect(String(decoding: refusal.standardError, as: UTF8.self).contains("BadSignatureError"))
    }
}
