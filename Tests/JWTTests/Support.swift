import DeviceIdentity
import Diagnostics
import Foundation
import JSON
import JWT
import OpenSSL

/// Tokens made for the tests, by a key that is published here.
struct Signer {
    let scalar: [UInt8]
    let key: P256PublicKey
    private let arithmetic: P256Arithmetic

    init(_ scalarByte: UInt8) throws {
        scalar = [UInt8](repeating: 0, count: 31) + [scalarByte]
        arithmetic = try P256Arithmetic()
        let spki = try PrivateKey.p256(scalar: scalar).publicKey.spki
        guard let point = P256PublicKey(spki: spki[...]) else { throw NotOnP256() }
        key = point
    }

    struct NotOnP256: Error {}

    var kid: String { Hex.encode(key.kid) }

    /// `r || s` over SHA-256 of the text.
    func signature(over text: String) throws -> [UInt8] {
        try arithmetic.signDeterministically(digest: Digest.sha256(Array(text.utf8)), scalar: scalar)
    }

    /// A token of these two texts, signed as they are.
    func token(_ header: String, _ claims: String) throws -> String {
        let input = base64URL(header) + "." + base64URL(claims)
        return input + "." + base64URL(try signature(over: input))
    }

    /// A token with the usual header.
    func token(_ claims: String) throws -> String {
        try token(#"{"typ":"JWT","alg":"ES256","kid":"\#(kid)"}"#, claims)
    }

    var jwk: String {
        let x = base64URL(Array(key.point[1..<33]))
        let y = base64URL(Array(key.point[33...]))
        return #"{"kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)"}"#
    }
}

func base64URL(_ bytes: [UInt8]) -> String { String(decoding: Base64.encode(bytes, .url), as: UTF8.self) }
func base64URL(_ text: String) -> String { base64URL(Array(text.utf8)) }

/// What became of a token: the codes of its failures, none for a verified one, `malformed` in front.
func codes(
    _ token: String, _ keys: any JWTKeyResolver, now: Int64 = 1_760_000_000,
    _ change: (inout JWTPolicy) -> Void = { _ in }
) throws -> [String] {
    var policy = JWTPolicy(now: now)
    change(&policy)
    let unverified: UnverifiedJWT
    do {
        unverified = try UnverifiedJWT(Array(token.utf8)[...])
    } catch {
        return ["malformed", error.code.rawValue]
    }
    switch try JWTVerifier(policy: policy, keys: keys).verify(unverified) {
    case .verified: return []
    case .rejected(let failures, _): return failures.map(\.code.rawValue)
    }
}
