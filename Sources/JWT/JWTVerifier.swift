public import DeviceIdentity
public import Diagnostics
public import JSON
public import OpenSSL

/// A JWT whose signature, times and claims held. Only ``JWTVerifier`` makes one.
public struct VerifiedJWT: Sendable {
    public let claims: JSONObject
    /// The device that `iss` names.
    public let device: DeviceUUID?
    public let key: JWTKey

    fileprivate init(_ token: UnverifiedJWT, _ key: JWTKey) {
        claims = token.claims
        device = token.claimedDevice
        self.key = key
    }
}

/// Verifies JWTs by a policy. One per worker: it owns OpenSSL contexts.
public final class JWTVerifier {
    /// What became of a token.
    public enum Verdict: Sendable {
        case verified(VerifiedJWT)
        /// Every failed check, the most telling first; and the key, if one was found.
        case rejected([CheckFailure], key: JWTKey?)
    }

    private let policy: JWTPolicy
    private let keys: any JWTKeyResolver
    private let signatures: JWSVerifier

    /// A verifier with its own OpenSSL contexts; fails only when libcrypto cannot make them.
    public init(policy: JWTPolicy, keys: any JWTKeyResolver) throws(OpenSSLError) {
        self.policy = policy
        self.keys = keys
        signatures = try JWSVerifier()
    }

    /// Says that `token` is one of those that will be verified next: what is announced is verified in blocks, in less
    /// time. Changes no verdict.
    public func announce(_ token: UnverifiedJWT) { signatures.announce(token.jws) }

    /// The verdict on `token`.
    ///
    /// The failures of claims are told even where the signature failed; they are then about what somebody wrote.
    public func verify(_ token: UnverifiedJWT) -> Verdict { verify(token, policy) }

    /// The verdict at another time than the policy's, in seconds since 1970.
    package func verify(_ token: UnverifiedJWT, at time: Int64) -> Verdict {
        var policy = policy
        policy.now = time
        return verify(token, policy)
    }

    private func verify(_ token: UnverifiedJWT, _ policy: JWTPolicy) -> Verdict {
        let (failure, key) = signatures.check(token.jws, allowed: policy.algorithms) { algorithm in
            keys.key(kid: token.jws.header.keyID, device: token.claimedDevice, algorithm: algorithm)
        }
        let failures = (failure.map { [$0] } ?? []) + ClaimChecks.failures(token.claims, policy)
        guard failures.isEmpty, let key else { return .rejected(failures, key: key) }
        return .verified(VerifiedJWT(token, key))
    }
}
