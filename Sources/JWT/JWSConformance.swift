public import Diagnostics
public import JSON
import OpenSSL

/// The operation `jwt.verify` of published test suites: their payloads are mostly no claims, so this stops at the JWS.
public enum JWSConformance {
    /// The payload of a JWS that verifies under the key that its header selects, by any algorithm known here.
    ///
    /// - Parameters:
    ///   - jwks: a JWK Set, or `nil` to verify under `keyPEM`.
    ///   - claimsAt: the time, in seconds since 1970, at which `exp` and `nbf` have to hold; `nil` ignores claims.
    public static func verify(
        _ text: [UInt8], jwks: JSONValue?, keyPEM: [UInt8]?, claimsAt time: Int64?
    ) throws(ToolError) -> Result<[UInt8], CheckFailure> {
        let keys: any JWTKeyResolver
        if let jwks {
            keys = try JWKSet(jwks, trust: "given")
        } else {
            keys = SingleJWTKey(try JWTKey(pem: keyPEM ?? [], trust: "given"))
        }
        let verifier: JWSVerifier
        do {
            verifier = try JWSVerifier()
        } catch {
            throw ToolError(.internalFault, error.message)
        }
        do {
            let jws = try CompactJWS(text[...])
            let checks = verifier.check([jws], allowed: Set(JWSAlgorithm.allCases)) { _, algorithm in
                keys.key(kid: jws.header.keyID, device: nil, algorithm: algorithm)
            }
            if let failure = checks.first?.failure { return .failure(failure) }
            guard let time else { return .success(jws.payload) }
            var policy = JWTPolicy(now: time)
            policy.leeway = 0
            let claims = try CompactJWS.object(jws.payload, "claims")
            let failures = ClaimChecks.failures(claims, policy)
            return failures.first.map { .failure($0) } ?? .success(jws.payload)
        } catch {
            return .failure(error.failure)
        }
    }
}
