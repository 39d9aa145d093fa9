import Attestation
import DeviceIdentity
import Diagnostics
import JWT
import OpenSSL
import Registry
import Store

/// The identity keys of devices, and who may be believed by them: `assay.db` beside the service's own file.
final class Registry: Sendable {
    private let stores: Pool<SQLiteStore>
    private let attestations: Pool<AttestationVerifier>
    private let tokens: Pool<JWTVerifier>
    private let minimumTrust: KeyTrust
    /// Keys of unknown devices are learned from their own signatures.
    let learnsKeys: Bool
    private let path: String

    init(path: String, learnKeys: Bool) throws(ToolError) {
        self.path = path
        learnsKeys = learnKeys
        minimumTrust = learnKeys ? .observed : .trusted
        // Makes the file where there is none.
        _ = try SQLiteStore(path: path, access: .create)
        let stores = Pool { try SQLiteStore(path: path, access: .readOnly) }
        self.stores = stores
        let policy = AttestationPolicy(minimumTrust: minimumTrust)
        attestations = Pool { try AttestationVerifier(policy: policy) }
        let isObservedEnough = learnKeys
        let keys = DeviceKeyTable { device in
            guard let key = try? stores.lend({ try $0.key(of: device) }),
                isObservedEnough || key.trust != .observed
            else { return nil }
            return JWTKey(key.publicKey, trust: key.trust.rawValue)
        }
        tokens = Pool {
            var policy = JWTPolicy(now: 0)
            // A token that does not expire could be sent again for ever.
            policy.requiredClaims = ["exp"]
            return try JWTVerifier(policy: policy, keys: keys)
        }
    }

    func device(_ uuid: DeviceUUID) throws -> DeviceRecord? { try stores.lend { try $0.device(uuid) } }

    func key(of device: DeviceUUID) throws -> IdentityKey? {
        let key = try stores.lend { try $0.key(of: device) }
        return key.flatMap { minimumTrust == .trusted && $0.trust == .observed ? nil : $0 }
    }

    /// Takes note of a token of a device whose key is not known.
    ///
    /// One signature leaves two keys possible, a second one of the device decides: what both have in common
    /// is its key, which is *observed*, since anybody could have made it.
    func learn(_ token: AttestationToken, _ text: [UInt8], at time: Int64) throws -> LearningOutcome? {
        let arithmetic = try P256Arithmetic()
        let candidates: [SigningProfile: [P256PublicKey]]
        do throws(TokenError) {
            candidates = try KeyRecovery.candidates(token, arithmetic)
        } catch {
            return .rejected(error.failure)
        }
        return try learn(
            Observation(
                uuid: token.deviceUUID, tokenDigest: Digest.sha256(text), bound: candidates[.bound] ?? [],
                plain: candidates[.plain] ?? []), at: time)
    }

    /// The same for a JWT.
    func learn(_ token: UnverifiedJWT, of device: DeviceUUID, at time: Int64) throws -> LearningOutcome? {
        guard token.jws.header.algorithm == JWSAlgorithm.es256.rawValue, token.jws.signature.count == 64
        else {
            return nil
        }
        let input = Array(token.jws.signingInput)
        let keys = try P256Arithmetic().recoverPublicKeys(
            signature: token.jws.signature, digest: Digest.sha256(input))
        return try learn(
            Observation(uuid: device, tokenDigest: Digest.sha256(input), bound: keys, plain: keys), at: time)
    }

    private func learn(_ observation: Observation, at time: Int64) throws -> LearningOutcome? {
        let store = try SQLiteStore(path: path, access: .readWrite)
        return try store.learn([observation], at: time).first
    }

    func verify(_ token: AttestationToken) throws -> AttestationVerifier.Verdict {
        let key = try stores.lend { try $0.key(of: token.deviceUUID) }
        return try attestations.lend { $0.verify(token, key: key) }
    }

    func verify(_ token: UnverifiedJWT, at time: Int64) throws -> JWTVerifier.Verdict {
        try tokens.lend { $0.verify(token, at: time) }
    }
}
