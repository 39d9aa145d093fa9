import Diagnostics
import Foundation
import OpenSSL
import PKIX
import TestSupport
import Testing

@Suite struct KeyImportTests {
    /// The key of RFC 7515 appendix A.3.
    private static let ec = [
        "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    ]
    private static let ecSecret = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
    /// The key of RFC 8037 appendix A.1.
    private static let okp = [
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    ]
    private static let okpSecret = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"

    private func importJWK(_ key: [String: String], _ changes: [String: String?] = [:]) throws -> Result {
        var key = key
        for (name, value) in changes { key[name] = value }
        return try Program.judge("key.import", ["key_jwk": key])
    }

    @Test func publicKeysInAllForms() throws {
        let pem = try String(
            contentsOf: TestPaths.fixtures.appendingPathComponent(
                "keys/50363154-3931-44f0-8022-121b6401627d.pem"),
            encoding: .utf8)
        let expected: NSDictionary = [
            "public_key_pem": pem, "kid": "13f696a2198b96d7a79f8a2ce301d5d007abfd40652e0fe2a9e38f78f248e383",
        ]
        let der = try PEMDocument(Array(pem.utf8)).single("PUBLIC KEY")
        let hex = der.map { String(format: "%02x", $0) }.joined()
        let x = base64URL(der[27..<59])
        let y = base64URL(der[59...])
        for inputs: [String: Any] in [
            ["key_pem": pem], ["key_der_hex": hex],
            ["key_jwk": ["kty": "EC", "crv": "P-256", "x": x, "y": y]],
        ] {
            let result = try Program.judge("key.import", inputs)
            #expect(result.verdict == "accept")
            #expect(result.output == expected)
        }
    }

    private func base64URL(_ bytes: some Collection<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    @Test(arguments: PrivateKey.GeneratedKind.allCases)
    func privateKeysYieldTheirPublicHalf(kind: PrivateKey.GeneratedKind) throws {
        let key = try PrivateKey.generate(kind)
        let expected = String(
            decoding: PEMWriter.encode(label: "PUBLIC KEY", der: key.publicKey.spki), as: UTF8.self)
        let pem = try key.pemUnencrypted()
        let der = try PEMDocument(pem).single("PRIVATE KEY")
        let sealed = try key.pemEncrypted(passphrase: Array("secret".utf8))
        for inputs: [String: Any] in [
            ["key_pem": String(decoding: pem, as: UTF8.self)],
            ["key_der_hex": der.map { String(format: "%02x", $0) }.joined()],
            ["key_pem": String(decoding: sealed, as: UTF8.self), "passphrase": "secret"],
        ] {
            let result = try Program.judge("key.import", inputs)
            #expect(result.verdict == "accept", "\(result.reason ?? "")")
            #expect(result.output?["public_key_pem"] as? String == expected)
        }
        let locked = try Program.judge("key.import", ["key_pem": String(decoding: sealed, as: UTF8.self)])
        #expect(locked.verdict == "reject")
    }

    @Test func keyPairsInJWK() throws {
        #expect(try importJWK(Self.ec).verdict == "accept")
        #expect(try importJWK(Self.ec, ["d": Self.ecSecret]).output == importJWK(Self.ec).output)
        #expect(try importJWK(Self.okp).verdict == "accept")
        #expect(try importJWK(Self.okp, ["d": Self.okpSecret]).output == importJWK(Self.okp).output)
        let foreign = "the private half of the JWK does not fit its public half"
        let other = String(Self.ecSecret.reversed())
        #expect(try importJWK(Self.ec, ["d": "A" + other.dropFirst().dropLast() + "A"]).reason == foreign)
        #expect(try importJWK(Self.ec, ["d": String(repeating: "A", count: 43)]).reason == foreign)
        #expect(
            try importJWK(Self.okp, ["d": Self.ecSecret]).reason == foreign)
        #expect(
            try importJWK(Self.ec, ["d": "AA"]).reason
                == "expected a private number as long as a coordinate in the JWK")
    }

    @Test(
        arguments: [
            ("x", nil, "expected a string 'x' in the JWK"),
            ("crv", "secp256k1", "expected the curve P-256, P-384 or P-521 in the JWK"),
            ("crv", "P-384", "csr-key: expected coordinates of 48 octets on P-384, found 32 and 32"),
            ("kty", "oct", "expected the key type EC, OKP or RSA in the JWK"),
            ("kty", nil, "expected a string 'kty' in the JWK"),
            ("x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU=", "JWK member 'x': "),
            ("x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV", "JWK member 'x': unused bits"),
            // Leading zeros may not be left out, and none may be added.
            (
                "x", "AH_Nzidw9sRdQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRF",
                "csr-key: expected coordinates of 32 octets"
            ),
            ("x", "_84ncPbEXUGDy-5v20t7WAczNXvp7xO6z248e9FURQ", "csr-key: expected coordinates of 32 octets"),
            // Off the curve.
            ("y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4", "csr-key: "),
            ("y", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "csr-key: "),
        ] as [(String, String?, String)])
    func malformedJWKsAreRejected(name: String, value: String?, reason: String) throws {
        let result = try importJWK(Self.ec, [name: value])
        #expect(result.verdict == "reject")
        #expect(result.reason?.hasPrefix(reason) == true, "\(result.reason ?? "none")")
    }

    @Test func publicKeysFromNumbers() throws {
        let key = try PrivateKey.generate(.rsa3072)
        let info = try SubjectPublicKeyInfo(der: key.publicKey.spki)
        // SEQUENCE, AlgorithmIdentifier, BIT STRING, SEQUENCE, then the modulus and 65537 to the end.
        let modulus = Array(info.der[33..<(33 + 384)])
        let exponent: [UInt8] = [1, 0, 1]
        #expect(try PublicKeyComponents.rsa(modulus: modulus, exponent: exponent).publicKeyInfo() == info)
        func reason(_ modulus: [UInt8], _ exponent: [UInt8]) -> String? {
            do {
                _ = try PublicKeyComponents.rsa(modulus: modulus, exponent: exponent).publicKeyInfo()
                return nil
            } catch {
                return error.message
            }
        }
        let zeros = "expected an RSA modulus and exponent without leading zeros, not empty"
        #expect(reason([0] + modulus, exponent) == zeros)
        #expect(reason(modulus, [0] + exponent) == zeros)
        #expect(reason([], exponent) == zeros)
        #expect(reason(modulus, []) == zeros)
        #expect(reason(modulus, [1])?.hasPrefix("expected an odd RSA exponent") == true)
        #expect(reason(modulus, [1, 0, 0])?.hasPrefix("expected an odd RSA exponent") == true)
        // Whether it is found too short or has a small factor is chance.
        #expect(reason(Array(modulus.prefix(127)) + [1], exponent)?.hasPrefix("expected an RSA ") == true)
        #expect(
            reason([UInt8](repeating: 0xff, count: 2049), exponent)?.contains("at most 2048 octets") == true)
        #expect(reason(modulus, [UInt8](repeating: 0xff, count: 9))?.contains("found 384 and 9") == true)
    }

    @Test(arguments: [(PrivateKey.GeneratedKind.p256, 26, 32), (.p384, 23, 48)])
    func pointsFromNumbers(kind: PrivateKey.GeneratedKind, header: Int, width: Int) throws {
        let spki = try PrivateKey.generate(kind).publicKey.spki
        let curve: PublicKeyComponents.Curve = kind == .p256 ? .p256 : .p384
        let x = Array(spki[(header + 1)..<(header + 1 + width)])
        let y = Array(spki[(header + 1 + width)...])
        func encoding(_ x: [UInt8], _ y: [UInt8]) throws(CheckFailure) -> [UInt8] {
            try PublicKeyComponents.elliptic(curve, x: x, y: y).publicKeyInfo().der
        }
        #expect(try encoding(x, y) == spki)
        #expect(throws: CheckFailure.self) { try encoding(y, x) }
        for (x, y) in [(x + [0], y), ([0] + x, y), (x.dropLast(), y), (x, []), ([], [])] {
            #expect(throws: CheckFailure.self) { try encoding(Array(x), y) }
        }
        let zeros = [UInt8](repeating: 0, count: width)
        #expect(throws: CheckFailure.self) { try encoding(zeros, zeros) }
    }
}
