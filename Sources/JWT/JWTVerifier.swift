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

    /// The verdict on `token`.
    ///
    /// The failures of claims are told even where the signature failed; they are then about what somebody wrote.
    public func verify(_ token: UnverifiedJWT) -> Verdict { verify([token], policy)[0] }

    /// The verdicts on a block of tokens: those of a block take less time than one by one.
    public func verify(_ block: [UnverifiedJWT]) -> [Verdict] { verify(block, policy) }

    /// The verdict at another time than the policy's, in seconds since 1970.
    package func verify(_ token: UnverifiedJWT, at time: Int64) -> Verdict {
        var policy = policy
        policy.now = time
        return verify([token], policy)[0]
    }

    private func verify(_ block: [UnverifiedJWT], _ policy: JWTPolicy) -> [Verdict] {
        let checks = signatures.check(block.map(\.jws), allowed: policy.algorithms) { place, algorithm in
            let token = block[place]
            return keys.key(kid: token.jws.header.keyID, device: token.claimedDevice, algorithm: algorithm)
        }
        return zip(block, checks).map { token, check in
            let failures = (check.failure.map { [$0] } ?? []) + ClaimChecks.failures(token.claims, policy)
            guard failures.isEmpty, let key = check.key else { return .rejected(failures, key: check.key) }
            return .verified(VerifiedJWT(token, key))
        }
    }
}
