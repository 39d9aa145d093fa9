import DeviceIdentity
import Foundation
import JSON
import JWT
import OpenSSL
import TestSupport
import Testing

/// Which tokens verify, as far as structure, header, key and signature go.
@Suite struct SignatureTests {
    private let signer: Signer
    private let keys: SingleJWTKey
    private let claims = #"{"iss":"nRF9160.50363154-3930-4d96-80f9-13121cf35adc","exp":1760000300}"#

    init() throws {
        signer = try Signer(7)
        keys = SingleJWTKey(JWTKey(signer.key, trust: "given"))
    }

    // MARK: Genuine tokens

    private static func samples() throws -> [(name: String, token: String, key: JWTKey?)] {
        let file = try #require(TestPaths.vectors).appendingPathComponent("nordic-samples.json")
        let samples = try JSONNode(JSONValue(parsing: Array(Data(contentsOf: file)))).member("samples")
            .elements()
        return try samples.filter { $0.value["kind"] == .string("jwt") }.map { sample in
            let key = sample.value["identity_public_key"] ?? sample.value["signing_public_key"]
            let pem = key?["spki_pem"]?.stringValue
            return (
                try sample.member("name").string(), try sample.member("input").string(),
                try pem.map { try JWTKey(pem: Array($0.utf8), trust: "given") }
            )
        }
    }

    @Test(.needsVectors)
    func genuineTokensVerifyAndTheDamagedOneIsMalformed() throws {
        var verified: [String] = []
        for (name, token, key) in try Self.samples() {
            guard let key else {
                #expect(try codes(token, keys) == ["malformed", "jwt-format"], "\(name)")
                continue
            }
            #expect(try codes(token, SingleJWTKey(key), now: 1_739_881_300) == [], "\(name)")
            verified.append(name)
        }
        #expect(verified.count == 4)
        #expect(verified.contains("jwt-modem-9160-50363154-3930"))
    }

    @Test(.needsVectors)
    func everyChangedBitOfAGenuineTokenIsRefused() throws {
        for (name, token, key) in try Self.samples() {
            guard let key else { continue }
            let verifier = try JWTVerifier(policy: JWTPolicy(now: 1_739_881_300), keys: SingleJWTKey(key))
            let bytes = Array(token.utf8)
            for index in bytes.indices {
                for bit in 0..<8 {
                    var changed = bytes
                    changed[index] ^= 1 << bit
                    guard let unverified = try? UnverifiedJWT(changed[...]) else { continue }
                    if case .verified = verifier.verify(unverified) {
                        Issue.record("\(name): bit \(bit) of character \(index)")
                    }
                }
            }
        }
    }

    @Test func everyChangedBitOfASpacePaddedTokenIsRefused() throws {
        let token = try signer.token(#"{"alg":"ES256","kid":"\#(signer.kid)"}  "#, claims + " ")
        #expect(try codes(token, keys) == [])
        let verifier = try JWTVerifier(policy: JWTPolicy(now: 1_760_000_000), keys: keys)
        let bytes = Array(token.utf8)
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                guard let unverified = try? UnverifiedJWT(changed[...]) else { continue }
                if case .verified = verifier.verify(unverified) {
                    Issue.record("bit \(bit) of character \(index)")
                }
            }
        }
    }

    // MARK: Algorithms

    @Test(arguments: [
        "none", "None", "NONE", "HS256", "HS512", "es256", "ES256K", "RS256", "dir", "", "ES256 ",
    ])
    func otherAlgorithmsAreRejected(_ name: String) throws {
        let token = try signer.token(#"{"alg":"\#(name)","kid":"\#(signer.kid)"}"#, claims)
        #expect(try codes(token, keys) == ["algorithm"])
        let unsigned = token[...(token.lastIndex(of: ".") ?? token.startIndex)]
        #expect(try codes(String(unsigned), keys) == ["algorithm"])
    }

    @Test func hmacUnderThePublicKeyIsRejectedWithEveryAlgorithmAllowed() throws {
        let header = base64URL(#"{"alg":"HS256"}"#)
        let pem = "-----BEGIN PUBLIC KEY-----"
        // What the attack computes does not matter: the algorithm has no name here.
        let token = "\(header).\(base64URL(claims)).\(base64URL(Digest.sha256(Array(pem.utf8))))"
        #expect(try codes(token, keys) { $0.algorithms = Set(JWSAlgorithm.allCases) } == ["algorithm"])
    }

    @Test func aTokenThatNamesAnAllowedAlgorithmOfAnotherKindOfKeyIsRejected() throws {
        for name in ["RS256", "PS256", "ES384", "ES512", "EdDSA"] {
            let token = try signer.token(#"{"alg":"\#(name)"}"#, claims)
            #expect(
                try codes(token, keys) { $0.algorithms = Set(JWSAlgorithm.allCases) } == ["algorithm"],
                "\(name)")
        }
    }

    @Test(arguments: [
        (#"{"typ":"JWT"}"#, ["malformed", "jwt-format"]),
        (#"{"alg":["ES256"]}"#, ["malformed", "jwt-format"]),
        (#"{"alg":null}"#, ["malformed", "jwt-format"]), (#"{"alg":{"a":1}}"#, ["malformed", "jwt-format"]),
        (#"{"alg":"ES256","alg":"ES256"}"#, ["malformed", "jwt-format"]),
        (#"{"alg":"none","alg":"ES256"}"#, ["malformed", "jwt-format"]),
        (#"{"alg":"ES256","\u0061lg":"none"}"#, ["malformed", "jwt-format"]),
        (#"{"alg":"ES256","kid":17}"#, ["malformed", "jwt-format"]),
        (#"{"alg":"ES256","kid":"\ud800"}"#, ["malformed", "jwt-format"]),
        ("\u{feff}{\"alg\":\"ES256\"}", ["malformed", "jwt-format"]),
        (#"{"alg":"ES256"} x"#, ["malformed", "jwt-format"]),
        (#"{"alg":"ES256"}{}"#, ["malformed", "jwt-format"]),
        ("{\"alg\":\"ES256\"}\0", ["malformed", "jwt-format"]), ("[]", ["malformed", "jwt-format"]),
        ("\"ES256\"", ["malformed", "jwt-format"]), ("", ["malformed", "jwt-format"]),
        (#"{"alg":"ES256","crit":["exp"],"exp":1}"#, ["jwt-format"]),
        (#"{"alg":"ES256","crit":[]}"#, ["jwt-format"]),
        (#"{"alg":"ES256","crit":["b64"],"b64":false}"#, ["jwt-format"]),
        (#"{"alg":"ES256","b64":false}"#, ["jwt-format"]),
        (#"{"alg":"ES256","b64":0}"#, ["jwt-format"]), (#"{"alg":"ES256","b64":true}"#, []),
        (#"{"alg":"ES256","typ":"JWT","extra":{"a":[1,2.5e3]}}   "#, []),
    ])
    func headers(_ header: String, _ expected: [String]) throws {
        #expect(try codes(try signer.token(header, claims), keys) == expected)
    }

    @Test func embeddedKeysAreNeverUsed() throws {
        let attacker = try Signer(9)
        let own =
            #"{"alg":"ES256","jwk":\#(attacker.jwk),"jku":"https://a.example/k","x5c":["MIIB"],"x5u":"x"}"#
        #expect(try codes(try attacker.token(own, claims), keys) == ["signature"])
        // They are ignored, not refused: a good token may carry them (RFC 7515 section 4.1.3).
        #expect(try codes(try signer.token(own, claims), keys) == [])
    }

    // MARK: kid

    @Test func theKidHasToNameTheKey() throws {
        let thumbprint = base64URL(JWTKey(signer.key, trust: "given").thumbprint)
        for kid in [signer.kid, signer.kid.uppercased(), thumbprint] {
            #expect(
                try codes(try signer.token(#"{"alg":"ES256","kid":"\#(kid)"}"#, claims), keys) == [], "\(kid)"
            )
        }
        let other = try Signer(9)
        let long = String(repeating: "k", count: 8_000)
        let wrong = [
            "", "x", "../../etc/passwd", "/dev/null", "' OR 1=1 --", other.kid, String(signer.kid.dropLast()),
            long,
        ]
        for kid in wrong {
            let token = try signer.token(#"{"alg":"ES256","kid":"\#(kid)"}"#, claims)
            #expect(try codes(token, keys) == ["kid-mismatch"], "\(kid.prefix(80))")
        }
    }

    @Test func oversizedTokensAreRefusedAtOnce() throws {
        let clock = ContinuousClock()
        let megabyte = String(repeating: "k", count: 1 << 20)
        for text in [
            try signer.token(#"{"alg":"ES256","kid":"\#(megabyte)"}"#, claims),
            String(repeating: ".", count: 1_000_000),
        ] {
            let bytes = Array(text.utf8)
            let time = clock.measure { #expect(throws: JWTError.self) { try UnverifiedJWT(bytes[...]) } }
            #expect(time < .milliseconds(500))
        }
    }

    @Test(arguments: [
        "", ".", "..", "...", "....", "a", "a.b", "a.b.c.d", "a.b.c.d.e", "{}",
        #"{"payload":"","signatures":[]}"#,
        "e30.e30.", "e30.e30.e30", " e30.e30.e30",
    ])
    func textsThatAreNoToken(_ text: String) throws {
        #expect(try codes(text, keys).first == "malformed")
    }

    // MARK: Signatures

    @Test func onlyTheFixedWidthFormOfASignatureIsAccepted() throws {
        let input = base64URL(#"{"alg":"ES256"}"#) + "." + base64URL(claims)
        let good = try signer.signature(over: input)
        let zero = [UInt8](repeating: 0, count: 32)
        let order = try #require(
            Hex.decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"))
        let der = try #require(ECDSASignature.der(fromFixedWidth: good[...], width: 32))
        #expect(try codes(input + "." + base64URL(good), keys) == [])
        let bad: [[UInt8]] = [
            [], der, Array(good.dropLast()), good + [0], [0] + good, good + good, zero + zero,
            zero + good[32...], good[..<32] + zero, order + good[32...], good[..<32] + order, order + order,
        ]
        for signature in bad {
            #expect(
                try codes(input + "." + base64URL(signature), keys) == ["signature"],
                "\(Hex.encode(signature))")
        }
    }

    @Test func looseBase64IsRefused() throws {
        let token = try signer.token(#"{"alg":"ES256"}"#, claims + "  ")
        let parts = token.split(separator: ".").map(String.init)
        for (index, part) in parts.enumerated() {
            for changed in [part + "=", part + "\n", " " + part, String(part.dropLast()) + "+", part + "A?"] {
                var all = parts
                all[index] = changed
                #expect(
                    try codes(all.joined(separator: "."), keys).first == "malformed",
                    "part \(index): \(changed)")
            }
        }
    }

    @Test func theSignatureIsThatOfTheKeyOnly() throws {
        let other = try Signer(9)
        #expect(try codes(try other.token(#"{"alg":"ES256"}"#, claims), keys) == ["signature"])
        let offCurve = try #require(P256PublicKey(x963: ([4] + [UInt8](repeating: 1, count: 64))[...]))
        let token = try signer.token(#"{"alg":"ES256"}"#, claims)
        #expect(try codes(token, SingleJWTKey(JWTKey(offCurve, trust: "given"))) == ["signature"])
        #expect(try codes(token, keys) == [])
    }

    // MARK: Fuzz

    @Test func noInputCrashesOrVerifies() throws {
        let verifier = try JWTVerifier(policy: JWTPolicy(now: 1_760_000_000), keys: keys)
        let texts = [#"{"typ":"JWT","alg":"ES256","kid":"\#(signer.kid)"}"#, claims].map { Array($0.utf8) }
        let good = Array(try signer.token(claims).utf8)
        var random = SplitMix64(seed: 2_026)
        var decoded = 0
        for round in 0..<100_000 {
            var bytes = good
            if round.isMultiple(of: 2) {
                Self.mutate(&bytes, using: &random)
            } else {
                var changed = texts
                Self.mutate(&changed[Int.random(in: 0...1, using: &random)], using: &random)
                let signature = (0..<64).map { _ in UInt8.random(in: 0...255, using: &random) }
                bytes = Array((changed + [signature]).map(base64URL).joined(separator: ".").utf8)
            }
            guard bytes != good, let token = try? UnverifiedJWT(bytes[...]) else { continue }
            decoded += 1
            if case .verified = verifier.verify(token) {
                Issue.record("\(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect(decoded > 1_000)
    }

    private static func mutate(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        for _ in 0...Int.random(in: 0...2, using: &random) {
            let index = Int.random(in: 0..<max(bytes.count, 1), using: &random)
            switch Int.random(in: 0...4, using: &random) {
            case 0 where !bytes.isEmpty: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
            case 1 where !bytes.isEmpty: bytes.remove(at: index)
            case 2:
                bytes.insert(
                    Array(".{}[]\",:\\eE+-09 tfn".utf8).randomElement(using: &random) ?? 0, at: index)
            case 3: bytes.removeLast(min(bytes.count, Int.random(in: 0...20, using: &random)))
            default: bytes.insert(contentsOf: bytes.prefix(index).suffix(30), at: min(index, bytes.count))
            }
        }
    }
}
