import Attestation
import DeviceIdentity
import Diagnostics
import JWT
import OpenSSL
import Store

/// The identity keys of devices, and who may be believed by them: `assay.db` beside the service's own file.
final class Registry: Sendable {
    private let stores: Pool<SQLiteStore>
    private let attestations: Pool<AttestationVerifier>
    private let tokens: Pool<JWTVerifier>
    private let minimumTrust: KeyTrust

    init(path: String, learnKeys: Bool) throws(ToolError) {
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

    func verify(_ token: AttestationToken) throws -> AttestationVerifier.Verdict {
        let key = try stores.lend { try $0.key(of: token.deviceUUID) }
        return try attestations.lend { $0.verify(token, key: key) }
    }

    func verify(_ token: UnverifiedJWT, at time: Int64) throws -> JWTVerifier.Verdict {
        try tokens.lend { $0.verify(token, at: time) }
    }
}
