import DeviceIdentity
import JSON
import JWT
import OpenSSL
import Testing

/// What the policy demands of claims; every token here has a good signature.
@Suite struct ClaimTests {
    private let signer: Signer
    private let keys: SingleJWTKey
    /// 1,760,000,000 is the time of verification.
    private let now = "1760000000"

    init() throws {
        signer = try Signer(7)
        keys = SingleJWTKey(JWTKey(signer.key, trust: "given"))
    }

    private func check(_ claims: String, _ change: (inout JWTPolicy) -> Void = { _ in }) throws -> [String] {
        try codes(try signer.token(claims), keys, change)
    }

    @Test(arguments: [
        ("1760000001", []), ("1759999941", []), ("1759999940", ["jwt-expired"]),
        ("1759999940.999", ["jwt-expired"]),
        ("1759999941.5", []), ("1760000001.000", []), ("0", ["jwt-expired"]), ("9007199254740991", []),
        ("9007199254740992", ["jwt-claims"]), ("9223372036854775807", ["jwt-claims"]),
        ("9223372036854775808", ["jwt-claims"]), ("1e999", ["jwt-claims"]), ("1.76e9", ["jwt-claims"]),
        ("1760000001e0", ["jwt-claims"]), ("-1", ["jwt-claims"]), ("-0", ["jwt-claims"]),
        ("-0.5", ["jwt-claims"]),
        (#""1760000001""#, ["jwt-claims"]), ("null", ["jwt-claims"]), ("true", ["jwt-claims"]),
        ("[1760000001]", ["jwt-claims"]), ("{}", ["jwt-claims"]),
        ("99999999999999999999999.5", ["jwt-claims"]),
    ])
    func expiry(_ value: String, _ expected: [String]) throws {
        #expect(try check(#"{"exp":\#(value)}"#) == expected)
    }

    @Test(
        arguments: ["nbf", "iat"],
        [
            ("1760000060", []), ("1760000061", ["jwt-not-yet-valid"]),
            ("1760000060.001", ["jwt-not-yet-valid"]),
            ("1760000060.000", []), ("0", []), ("9007199254740991", ["jwt-not-yet-valid"]),
            ("1e1", ["jwt-claims"]),
            (#""1""#, ["jwt-claims"]), ("-5", ["jwt-claims"]),
        ])
    func beginning(_ name: String, _ row: (value: String, expected: [String])) throws {
        #expect(try check(#"{"\#(name)":\#(row.value)}"#) == row.expected)
    }

    @Test func leewayIsTheCallers() throws {
        #expect(try check(#"{"exp":\#(now)}"#) { $0.leeway = 0 } == ["jwt-expired"])
        #expect(try check(#"{"exp":1760000001}"#) { $0.leeway = 0 } == [])
        #expect(try check(#"{"nbf":1760000001}"#) { $0.leeway = 0 } == ["jwt-not-yet-valid"])
        #expect(try check(#"{"exp":1759990001}"#) { $0.leeway = 10_000 } == [])
        // Extremes of the caller do not overflow.
        #expect(try check(#"{"exp":1,"iat":9007199254740991}"#) { $0.leeway = .max } == ["jwt-not-yet-valid"])
        #expect(
            try codes(try signer.token(#"{"exp":1,"iat":0}"#), keys, now: .max) { $0.maximumAge = .max }
                == ["jwt-expired", "jwt-too-old"])
        #expect(try codes(try signer.token(#"{"exp":1}"#), keys, now: .min) == [])
    }

    @Test func ageIsByIat() throws {
        #expect(try check(#"{"iat":1759999340}"#) { $0.maximumAge = 600 } == [])
        #expect(try check(#"{"iat":1759999339}"#) { $0.maximumAge = 600 } == ["jwt-too-old"])
        #expect(try check(#"{"iat":1759999339.9}"#) { $0.maximumAge = 600 } == ["jwt-too-old"])
        #expect(try check("{}") { $0.maximumAge = 600 } == ["jwt-too-old"])
        #expect(try check(#"{"iat":"1"}"#) { $0.maximumAge = 600 } == ["jwt-claims"])
        #expect(try check("{}") == [])
    }

    @Test func namesAreComparedByteForByte() throws {
        let token = #"{"iss":"K\u00e9","sub":"s","aud":"a"}"#
        #expect(try check(token) { ($0.issuer, $0.subject, $0.audience) = ("K\u{e9}", "s", "a") } == [])
        // Kelvin sign and a combining accent: the same to Swift's ==, other bytes.
        #expect(try check(token) { $0.issuer = "\u{212a}e\u{301}" } == ["jwt-issuer"])
        #expect(try check(token) { $0.issuer = "K\u{e9} " } == ["jwt-issuer"])
        #expect(
            try check(token) { ($0.issuer, $0.subject, $0.audience) = ("x", "x", "x") }
                == ["jwt-issuer", "jwt-subject", "jwt-audience"])
        #expect(
            try check("{}") { ($0.issuer, $0.subject, $0.audience) = ("x", "x", "x") }
                == ["jwt-issuer", "jwt-subject", "jwt-audience"])
        #expect(
            try check(#"{"iss":1,"sub":[],"jti":{},"aud":7}"#) == Array(repeating: "jwt-claims", count: 4))
    }

    @Test(arguments: [
        (#""team""#, []), (#"["team"]"#, []), (#"["x","team"]"#, []), ("[]", ["jwt-audience"]),
        (#""Team""#, ["jwt-audience"]),
        (#"["x","y"]"#, ["jwt-audience"]), (#"["team",1]"#, ["jwt-claims"]), (#"[["team"]]"#, ["jwt-claims"]),
        ("null", ["jwt-claims"]), (#"{"team":1}"#, ["jwt-claims"]),
    ])
    func audiences(_ value: String, _ expected: [String]) throws {
        #expect(try check(#"{"aud":\#(value)}"#) { $0.audience = "team" } == expected)
    }

    @Test func requiredClaims() throws {
        let demand = ["exp", "x"]
        #expect(try check(#"{"exp":1760000300,"x":false}"#) { $0.requiredClaims = demand } == [])
        #expect(try check(#"{"x":null}"#) { $0.requiredClaims = demand } == ["jwt-claims", "jwt-claims"])
    }

    @Test func theDeviceIsTheOneInIss() throws {
        let text = "50363154-3930-4d96-80f9-13121cf35adc"
        let device = try DeviceUUID(text: text)
        for issuer in ["nRF9160.\(text)", "nRF9151.\(text)", ".\(text)", "x y.\(text.uppercased())"] {
            #expect(try check(#"{"iss":"\#(issuer)"}"#) { $0.device = device } == [], "\(issuer)")
        }
        for issuer in [
            text, "nRF9160.\(text)0", "nRF9160.a.\(text)", "nRF9160.\(text.dropLast())1", "nRF9160.",
        ] {
            #expect(
                try check(#"{"iss":"\#(issuer)"}"#) { $0.device = device } == ["uuid-mismatch"], "\(issuer)")
        }
        #expect(try check("{}") { $0.device = device } == ["uuid-mismatch"])
    }

    @Test(arguments: [
        #"{"exp":1,"exp":1760000300}"#, #"{"a":{"b":1,"b":2}}"#, #"{"iss":"\ud800"}"#,
        #"{"iss":"\udc00\ud800"}"#,
        "{}x", "{}{}", "{", "", "null", "[]", "\u{feff}{}", "{\"a\":\"\u{1}\"}", "{'a':1}", "{\"a\":01}",
        "{\"a\":NaN}",
        #"{"a":"# + String(repeating: "[", count: 32) + String(repeating: "]", count: 32) + "}",
        String(repeating: "{\"a\":", count: 3_000),
    ])
    func claimsThatAreNoJSONAreMalformed(_ claims: String) throws {
        #expect(try check(claims) == ["malformed", "jwt-format"])
    }

    @Test func failuresOfAllKindsAreToldSignatureFirst() throws {
        let stranger = try Signer(9)
        let token = try stranger.token(#"{"alg":"ES256"}"#, #"{"exp":1,"aud":"x"}"#)
        #expect(
            try codes(token, keys) { $0.audience = "team" } == ["signature", "jwt-expired", "jwt-audience"])
    }

    @Test func whatWasSignedIsWhatIsGiven() throws {
        let claims = #"{"b":1.50,"a":[1e2,{"z":0}],"iss":"nRF9160.50363154-3930-4d96-80f9-13121cf35adc"}  "#
        let token = try UnverifiedJWT(Array(try signer.token(claims).utf8)[...])
        let verifier = try JWTVerifier(policy: JWTPolicy(now: 0), keys: keys)
        guard case .verified(let verified) = verifier.verify(token) else {
            Issue.record("not verified")
            return
        }
        #expect(JSONValue.object(verified.claims).compact() == Array(claims.utf8.dropLast(2)))
        #expect(verified.device?.description == "50363154-3930-4d96-80f9-13121cf35adc")
        #expect(verified.key.kid == signer.key.kid)
    }
}
