import DeviceIdentity
import Diagnostics
import Foundation
import JSON
import JWT
import OpenSSL
import PKIX
import Testing

/// Which key a token is verified with.
@Suite struct KeyTests {
    private let one: Signer
    private let two: Signer
    private let devices = [
        "50363154-3930-4d96-80f9-13121cf35adc", "50363154-3931-44f0-8022-121b6401627d",
    ]

    init() throws {
        one = try Signer(1)
        two = try Signer(2)
    }

    private func set(_ keys: String...) throws -> JWKSet {
        try JWKSet(parsing: Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8), trust: "given")
    }

    private func jwk(_ signer: Signer, _ more: String) -> String { signer.jwk.dropLast() + "," + more + "}" }

    // MARK: Device table

    @Test func aTableGivesTheKeyOfTheDeviceInIss() throws {
        let keys = [
            try DeviceUUID(text: devices[0]): JWTKey(one.key, trust: "given"),
            try DeviceUUID(text: devices[1]): JWTKey(two.key, trust: "given"),
        ]
        let table = DeviceKeyTable { keys[$0] }
        let issuers = devices.map { "{\"iss\":\"nRF9160.\($0)\"}" }
        #expect(try codes(try one.token(issuers[0]), table) == [])
        #expect(try codes(try two.token(issuers[1]), table) == [])
        // Signed by another registered device: its kid does not name the key of the device in iss.
        #expect(try codes(try two.token(issuers[0]), table) == ["kid-mismatch"])
        #expect(try codes(try two.token(#"{"alg":"ES256"}"#, issuers[0]), table) == ["signature"])
        #expect(
            try codes(try two.token(#"{"alg":"ES256","kid":"\#(one.kid)"}"#, issuers[0]), table) == [
                "signature"
            ])
        #expect(
            try codes(try one.token("{\"iss\":\"nRF9160.00000000-3930-4d96-80f9-13121cf35adc\"}"), table) == [
                "unknown-key"
            ])
        #expect(try codes(try one.token("{}"), table) == ["unknown-key"])
    }

    // MARK: JWK Set

    @Test func aSetGivesTheKeyThatKidNames() throws {
        let keys = try set(
            jwk(one, #""kid":"first""#),
            jwk(two, #""kid":"second","use":"sig","key_ops":["verify"],"alg":"ES256""#))
        func header(_ kid: String) -> String { #"{"alg":"ES256","kid":"\#(kid)"}"# }
        #expect(try codes(try one.token(header("first"), "{}"), keys) == [])
        #expect(try codes(try two.token(header("second"), "{}"), keys) == [])
        #expect(try codes(try two.token(header("first"), "{}"), keys) == ["signature"])
        #expect(try codes(try one.token(header(one.kid), "{}"), keys) == [])
        let thumbprint = base64URL(JWTKey(two.key, trust: "given").thumbprint)
        #expect(try codes(try two.token(header(thumbprint), "{}"), keys) == [])
        for kid in ["third", "", "First", "first\\u0000"] {
            #expect(try codes(try one.token(header(kid), "{}"), keys) == ["unknown-key"], "\(kid)")
        }
        // Without kid only a set of one key decides.
        #expect(try codes(try one.token(#"{"alg":"ES256"}"#, "{}"), keys) == ["unknown-key"])
        #expect(try codes(try one.token(#"{"alg":"ES256"}"#, "{}"), try set(one.jwk)) == [])
    }

    @Test func twoKeysOfOneNameAndKindAreNeverTriedInTurn() throws {
        let keys = try set(jwk(one, #""kid":"k""#), jwk(two, #""kid":"k""#))
        #expect(try codes(try one.token(#"{"alg":"ES256","kid":"k"}"#, "{}"), keys) == ["unknown-key"])
        let same = try set(jwk(one, #""kid":"k""#), jwk(one, #""kid":"k""#))
        #expect(try codes(try one.token(#"{"alg":"ES256","kid":"k"}"#, "{}"), same) == [])
        let kinds = try set(jwk(one, #""kid":"k""#), Self.ed25519)
        #expect(try codes(try one.token(#"{"alg":"ES256","kid":"k"}"#, "{}"), kinds) == [])
    }

    private static let ed25519 =
        #"{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    @Test func keysThatMustNotVerifyAreIgnored() throws {
        let x = base64URL(Array(one.key.point[1..<33]))
        let unusable = [
            #"{"kty":"oct","k":"AAAA"}"#, jwk(one, #""d":"AAAA""#), jwk(one, #""use":"enc""#),
            jwk(one, #""use":1"#),
            jwk(one, #""key_ops":["sign"]"#), jwk(one, #""key_ops":"verify""#), jwk(one, #""alg":"ES384""#),
            jwk(one, #""alg":"ES521""#), jwk(one, #""alg":"none""#), jwk(one, #""kid":7"#),
            #"{"kty":"EC","crv":"P-256","x":"\#(x)"}"#, #"{"kty":"EC","crv":"P-256","x":"\#(x)","y":"AAAA"}"#,
            #"{"kty":"EC","crv":"secp256k1","x":"\#(x)","y":"\#(x)"}"#,
            #"{"kty":"EC","crv":"P-256","x":"\#(x)=","y":"\#(x)"}"#,
            #"{"kty":"OKP","crv":"X25519","x":"\#(x)"}"#, #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#,
            #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, #"{"kty":"RSA","n":"AAAB","e":"AQAB"}"#, #"{"kty":"X"}"#,
            "{}", "7", "null",
            #"{"kty":"EC","crv":"P-384","x":"\#(base64URL([UInt8](repeating: 1, count: 48)))","y":"\#(base64URL([UInt8](repeating: 1, count: 48)))"}"#,
        ]
        for key in unusable {
            let keys = try set(key)
            #expect(keys.keys.count == 0 && keys.ignored.map(\.position) == [1], "\(key)")
            #expect(keys.ignored.first?.reason.isEmpty == false)
            #expect(try codes(try one.token("{}"), keys) == ["unknown-key"], "\(key)")
            #expect(try codes(try one.token(#"{"alg":"ES256"}"#, "{}"), keys) == ["unknown-key"], "\(key)")
        }
        let mixed = try JWKSet(
            parsing: Array("{\"keys\":[\((unusable + [one.jwk]).joined(separator: ","))]}".utf8),
            trust: "given")
        #expect(mixed.ignored.count == unusable.count)
        #expect(try codes(try one.token("{}"), mixed) == [])
    }

    @Test(arguments: ["", "{}", "[]", "7", #"{"keys":{}}"#, #"{"keys":[],"keys":[]}"#, "{\"keys\":[]} x"])
    func textsThatAreNoSet(_ text: String) {
        let error = #expect(throws: ToolError.self) { try JWKSet(parsing: Array(text.utf8), trust: "given") }
        #expect(error?.code == .json)
    }

    // MARK: Thumbprints

    @Test func thumbprintOfRFC7638() throws {
        let text = """
            {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJE\
            CPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqz\
            s8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIq\
            bw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}
            """
        let keys = try JWKSet(parsing: Array(text.utf8), trust: "given")
        #expect(keys.keys.map { base64URL($0.thumbprint) } == ["NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"])
        #expect(keys.keys.first?.isNamed("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs") == true)
        #expect(keys.keys.first?.isNamed("2011-04-29") == true)
        #expect(keys.keys.first?.isNamed("2011-04-2") == false)
    }

    @Test func thumbprintOfRFC8037() throws {
        let keys = try set(Self.ed25519)
        #expect(keys.keys.map { base64URL($0.thumbprint) } == ["kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"])
    }

    @Test func componentsAndKeysAgree() throws {
        for kind in PrivateKey.GeneratedKind.allCases {
            let spki = try PrivateKey.generate(kind).publicKey.spki
            let info = try SubjectPublicKeyInfo(der: spki)
            let components = try #require(info.components)
            #expect(try components.publicKeyInfo().der == spki)
        }
    }

    @Test func pemOfOneKeyOnly() throws {
        let pem = String(decoding: PEMWriter.encode(label: "PUBLIC KEY", der: one.key.spki), as: UTF8.self)
        #expect(try JWTKey(pem: Array(pem.utf8), trust: "given").kid == one.key.kid)
        let offCurve = Array(one.key.spki.dropLast()) + [0]
        for (text, code) in [
            ("", ErrorCode.pem), (pem + pem, .pem),
            (pem.replacingOccurrences(of: "PUBLIC", with: "PRIVATE"), .pem),
            (String(decoding: PEMWriter.encode(label: "PUBLIC KEY", der: [0x30, 0]), as: UTF8.self), .der),
            (String(decoding: PEMWriter.encode(label: "PUBLIC KEY", der: offCurve), as: UTF8.self), .csrKey),
        ] {
            let error = #expect(throws: ToolError.self) { try JWTKey(pem: Array(text.utf8), trust: "given") }
            #expect(error?.code == code)
        }
    }
}
