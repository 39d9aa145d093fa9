import Foundation
import OpenSSL
import PKIX
import TestSupport
import Testing

/// Keys in sets and in files as they are, and what a JWK says that its key is for.
@Suite struct KeySetTests {
    /// The key of RFC 7515 appendix A.3.
    private static var ec: [String: Any] {
        [
            "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        ]
    }
    private static let secret = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
    private static var okp: [String: Any] {
        ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]
    }
    private static var unusable: [[String: Any]] {
        [
            ["kty": "oct", "k": "AAAA"], ["kty": "EC", "crv": "secp256k1"], ["kty": "X"], [:],
            ec.merging(["use": "enc"]) { $1 },
        ]
    }

    private func importSet(_ keys: [Any]) throws -> Result {
        try Program.judge("key.import", ["jwks": ["keys": keys]])
    }

    private func importText(_ text: String) throws -> Result {
        try Program.judge("key.import", ["key_text": text])
    }

    // MARK: Sets

    @Test func aSetGivesItsFirstUsableKey() throws {
        let alone = try Program.judge("key.import", ["key_jwk": Self.ec]).output
        let other = try Program.judge("key.import", ["key_jwk": Self.okp]).output
        #expect(alone != nil && other != nil && alone != other)
        #expect(try importSet([Self.ec]).output == alone)
        #expect(try importSet([Self.ec, Self.okp]).output == alone)
        #expect(try importSet([Self.okp, Self.ec]).output == other)
        #expect(try importSet(Self.unusable + ["text", 7, NSNull()] + [Self.ec]).output == alone)
        #expect(try Program.judge("key.import", ["jwks": ["keys": [Self.ec], "more": 1]]).output == alone)
    }

    @Test func aSetWithoutAUsableKeyIsRejected() throws {
        let none = try importSet([])
        #expect(none.verdict == "reject")
        #expect(none.reason == "expected a usable key in the set, found none: ")
        for key in Self.unusable { #expect(try importSet([key]).verdict == "reject", "\(key)") }
        // Each of them is said to be unusable.
        let all = try importSet(Self.unusable)
        #expect(all.verdict == "reject")
        #expect(all.reason?.components(separatedBy: "; ").count == Self.unusable.count)
    }

    @Test func whatIsNoSet() throws {
        let reason = "expected a JWK Set, an object with the array 'keys'"
        for set: Any in [
            [String: String](), [Self.ec], "text", 7, ["keys": Self.ec], ["Keys": [Self.ec]], Self.ec,
        ] {
            let result = try Program.judge("key.import", ["jwks": set])
            #expect(result.verdict == "reject" && result.reason == reason, "\(set)")
        }
    }

    // MARK: Files as they are

    @Test func filesAsTheyAre() throws {
        let alone = try #require(try Program.judge("key.import", ["key_jwk": Self.ec]).output)
        let jwk = try text(Self.ec)
        let pem = try #require(alone["public_key_pem"] as? String)
        for file in [
            jwk, "\n \t\(jwk)\r\n", "{\"keys\":[\(jwk)]}", pem,
            pem.replacingOccurrences(of: "\n", with: "\r\n"),
            "a comment\n" + pem,
        ] {
            let result = try importText(file)
            #expect(result.verdict == "accept", "\(file): \(result.reason ?? "")")
            #expect(result.output == alone, "\(file)")
        }
        let pair = Self.ec.merging(["d": Self.secret]) { $1 }
        #expect(try importText(try text(pair)).output == alone)
    }

    @Test func filesThatHoldNoKey() throws {
        let jwk = try text(Self.ec)
        let pem = try String(
            contentsOf: TestPaths.fixtures.appendingPathComponent(
                "keys/50363154-3931-44f0-8022-121b6401627d.pem"), encoding: .utf8)
        for file in [
            "", " \n", "{", "{}", jwk + jwk, jwk + " x", "[\(jwk)]", "{\"keys\":\(jwk)}", "{\"keys\":[]}",
            // A member twice: which of the two is meant is anybody's guess.
            jwk.dropLast() + ",\"kty\":\"EC\"}",
            pem + pem, String(pem.dropLast(20)),
            pem.replacingOccurrences(of: "PUBLIC KEY", with: "CERTIFICATE"),
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q", "text",
        ] {
            let result = try importText(String(file))
            #expect(result.verdict == "reject", "\(file)")
            #expect(result.reason?.isEmpty == false)
        }
    }

    private func text(_ key: [String: Any]) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: key), as: UTF8.self)
    }

    // MARK: What a key is for (RFC 7517 sections 4.2 to 4.4)

    /// What stands beside a key, and whether it may verify signatures. `sign` alone is for the private half.
    struct Purpose: Sendable {
        let members: String
        let isPublicUsable: Bool
        let isPrivateUsable: Bool

        init(_ members: String, _ isPublicUsable: Bool, withPrivate: Bool? = nil) {
            self.members = members
            self.isPublicUsable = isPublicUsable
            isPrivateUsable = withPrivate ?? isPublicUsable
        }
    }

    static let purposes = [
        Purpose(#"{}"#, true),
        Purpose(#"{"use":"sig"}"#, true),
        Purpose(#"{"use":"enc"}"#, false),
        Purpose(#"{"use":"Sig"}"#, false),
        Purpose(#"{"use":""}"#, false),
        Purpose(#"{"use":1}"#, false),
        Purpose(#"{"use":null}"#, false),
        Purpose(#"{"use":["sig"]}"#, false),
        Purpose(#"{"key_ops":["verify"]}"#, true),
        Purpose(#"{"key_ops":["sign","verify"]}"#, true),
        Purpose(#"{"key_ops":["sign"]}"#, false, withPrivate: true),
        Purpose(#"{"key_ops":[]}"#, false),
        Purpose(#"{"key_ops":["encrypt"]}"#, false),
        Purpose(#"{"key_ops":["deriveKey","deriveBits"]}"#, false),
        Purpose(#"{"key_ops":["Verify"]}"#, false),
        // Values must not come twice.
        Purpose(#"{"key_ops":["verify","verify"]}"#, false),
        Purpose(#"{"key_ops":["verify","sign","sign"]}"#, false),
        Purpose(#"{"key_ops":"verify"}"#, false),
        Purpose(#"{"key_ops":["verify",1]}"#, false),
        Purpose(#"{"key_ops":null}"#, false),
        // Unrelated operations should not be together, which is the maker's duty; no contradiction by itself.
        Purpose(#"{"key_ops":["verify","encrypt"]}"#, true),
        // Together with `use` they must say the same.
        Purpose(#"{"use":"sig","key_ops":["verify"]}"#, true),
        Purpose(#"{"use":"sig","key_ops":["verify","x-audit"]}"#, true),
        Purpose(#"{"use":"sig","key_ops":["verify","encrypt"]}"#, false),
        Purpose(#"{"use":"sig","key_ops":["wrapKey"]}"#, false),
        Purpose(#"{"use":"enc","key_ops":["verify"]}"#, false),
        // An algorithm of another curve, of another kind of key, of no kind known.
        Purpose(#"{"alg":"ES256"}"#, true),
        Purpose(#"{"alg":"ES384"}"#, false),
        Purpose(#"{"alg":"RS256"}"#, false),
        Purpose(#"{"alg":"EdDSA"}"#, false),
        Purpose(#"{"alg":"HS256"}"#, false),
        Purpose(#"{"alg":"none"}"#, false),
        Purpose(#"{"alg":"ECDH-ES"}"#, false),
        Purpose(#"{"alg":"es256"}"#, false),
        Purpose(#"{"alg":1}"#, false),
        Purpose(#"{"alg":null}"#, false),
        Purpose(#"{"use":"sig","key_ops":["verify"],"alg":"ES256"}"#, true),
        Purpose(#"{"use":"sig","key_ops":["verify"],"alg":"ES384"}"#, false),
        Purpose(#"{"kid":7}"#, false),
        Purpose(#"{"kid":"seven"}"#, true),
    ]

    @Test(arguments: purposes)
    func contradictions(_ purpose: Purpose) throws {
        let members = try #require(
            try JSONSerialization.jsonObject(with: Data(purpose.members.utf8)) as? [String: Any])
        let key = Self.ec.merging(members) { $1 }
        let pair = key.merging(["d": Self.secret]) { $1 }
        for (key, isUsable) in [(key, purpose.isPublicUsable), (pair, purpose.isPrivateUsable)] {
            let verdict = isUsable ? "accept" : "reject"
            for inputs: [String: Any] in [
                ["key_jwk": key], ["jwks": ["keys": [key]]], ["key_text": try text(key)],
            ] {
                let result = try Program.judge("key.import", inputs)
                #expect(result.verdict == verdict, "\(inputs): \(result.reason ?? "")")
            }
        }
    }

    /// The private numbers of an RSA key without the exponent are no public key.
    @Test func halfAPrivateKeyIsNone() throws {
        let info = try SubjectPublicKeyInfo(der: PrivateKey.generate(.rsa3072).publicKey.spki)
        let modulus = Data(info.der[33..<(33 + 384)]).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
        let key: [String: Any] = ["kty": "RSA", "n": modulus, "e": "AQAB"]
        #expect(try Program.judge("key.import", ["key_jwk": key]).verdict == "accept")
        for name in ["d", "p", "q", "dp", "dq", "qi"] {
            let half = key.merging([name: "AQAB"]) { $1 }
            #expect(try Program.judge("key.import", ["key_jwk": half]).verdict == "reject", "\(name)")
        }
    }
}
