import COSE
public import DeviceIdentity
public import Diagnostics
public import OpenSSL
public import PKIX

/// What the caller demands of a token beyond its signature.
public struct AttestationPolicy: Sendable {
    /// The challenge that was sent, 16 bytes; the nonce has to be it.
    public let challenge: [UInt8]?
    /// The least trust in the key; `observed` accepts every key, `trusted` refuses observed ones.
    public let minimumTrust: KeyTrust

    /// A policy; without a challenge any nonce will do.
    public init(challenge: [UInt8]? = nil, minimumTrust: KeyTrust = .trusted) {
        self.challenge = challenge
        self.minimumTrust = minimumTrust
    }
}

/// A token whose signature, digest, UUIDs and challenge held. Only ``AttestationVerifier`` makes one.
public struct VerifiedAttestation: Sendable {
    public let token: AttestationToken
    public let profile: SigningProfile
    public let key: IdentityKey
    /// The CSR of a `%KEYGEN` answer, its own signature verified too.
    public let request: VerifiedRequest?

    fileprivate init(
        token: AttestationToken, profile: SigningProfile, key: IdentityKey, request: VerifiedRequest?
    ) {
        self.token = token
        self.profile = profile
        self.key = key
        self.request = request
    }
}

/// Verifies tokens. One per worker: it owns OpenSSL contexts.
public final class AttestationVerifier {
    /// What became of a token.
    public enum Verdict: Sendable {
        case verified(VerifiedAttestation)
        /// Every failed check, the most telling first.
        case rejected([CheckFailure])
    }

    private let policy: AttestationPolicy
    private let signatures: P256Verifier
    private let requests: RequestVerifier

    /// A verifier with its own OpenSSL contexts; fails only when libcrypto cannot make them.
    public init(policy: AttestationPolicy) throws(OpenSSLError) {
        self.policy = policy
        signatures = try P256Verifier()
        requests = try RequestVerifier()
    }

    /// A token that is to be verified, and what is known of its device.
    public struct Claim {
        public let token: AttestationToken
        /// The identity key of the device that the token names; `nil` is rejected as `unknown-key`.
        public let key: IdentityKey?
        /// The device that the row or the caller says the token is of.
        public let expectedUUID: DeviceUUID?

        public init(_ token: AttestationToken, key: IdentityKey?, expectedUUID: DeviceUUID? = nil) {
            self.token = token
            self.key = key
            self.expectedUUID = expectedUUID
        }
    }

    /// The verdict on one token; see ``Claim``.
    public func verify(
        _ token: AttestationToken, key: IdentityKey?, expectedUUID: DeviceUUID? = nil
    ) -> Verdict {
        verify([Claim(token, key: key, expectedUUID: expectedUUID)])[0]
    }

    /// The verdicts on a block of tokens: those of a block take less time than one by one.
    public func verify(_ block: [Claim]) -> [Verdict] {
        // Why a signature was not even looked at.
        let refusals = block.map { algorithmFailure($0.token) ?? keyFailure($0.token, $0.key) }
        let profiles = matchingProfiles(block, refusals)
        let requests = verifyRequests(block)
        return block.indices.map { verdict(block[$0], refusals[$0], profiles[$0], requests[$0]) }
    }

    private func verdict(
        _ claim: Claim, _ refusal: CheckFailure?, _ profile: SigningProfile?,
        _ request: Result<VerifiedRequest, CheckFailure>?
    ) -> Verdict {
        let token = claim.token
        var failures: [CheckFailure] = []
        if let refusal {
            failures.append(refusal)
        } else if profile == nil, let key = claim.key {
            failures.append(signatureFailure(token, key.publicKey))
        }
        failures += digestFailures(token)
        if case .failure(let failure)? = request { failures.append(failure) }
        failures += token.uuidMismatches(expecting: claim.expectedUUID)
        if let challenge = policy.challenge, challenge != token.nonce {
            failures.append(
                .init(
                    .challengeMismatch,
                    "expected the challenge \(Hex.encode(challenge)), found \(Hex.encode(token.nonce))"))
        }
        guard failures.isEmpty, let profile, let key = claim.key else { return .rejected(failures) }
        return .verified(.init(token: token, profile: profile, key: key, request: try? request?.get()))
    }

    private func algorithmFailure(_ token: AttestationToken) -> CheckFailure? {
        if token.cose.algorithm == -7 { return nil }
        let found =
            token.cose.hasTextAlgorithm
            ? "a text" : token.cose.algorithm.map { String($0) } ?? "none"
        return .init(.algorithm, "expected ES256 (-7) in the protected header, found \(found)")
    }

    private func keyFailure(_ token: AttestationToken, _ key: IdentityKey?) -> CheckFailure? {
        guard token.keyRole == .identity else {
            return .init(
                .unknownKey,
                "expected the identity key (kid -2), found kid \(token.keyRole.kid) (\(token.keyRole.name))")
        }
        guard let key else {
            return .init(.unknownKey, "no identity key is known for device \(token.deviceUUID)")
        }
        guard policy.minimumTrust != .trusted || key.trust != .observed else {
            return .init(.untrustedKey, "the device's key is observed only, expected a trusted one")
        }
        return nil
    }

    /// The profile under which each token was signed by its key; nil where it was not.
    private func matchingProfiles(_ block: [Claim], _ refusals: [CheckFailure?]) -> [SigningProfile?] {
        var profiles = [SigningProfile?](repeating: nil, count: block.count)
        for profile in SigningProfile.allCases {
            var places: [Int] = []
            var claims: [P256Claim] = []
            for (place, claim) in block.enumerated() where refusals[place] == nil && profiles[place] == nil {
                guard let key = claim.key, let digest = claim.token.signedDigest(profile) else { continue }
                let cose = claim.token.cose
                places.append(place)
                claims.append(
                    P256Claim(signature: cose.bytes[cose.signature], digest: digest, key: key.publicKey))
            }
            for (place, isValid) in zip(places, signatures.verify(claims)) where isValid {
                profiles[place] = profile
            }
        }
        return profiles
    }

    private func signatureFailure(_ token: AttestationToken, _ key: P256PublicKey) -> CheckFailure {
        if let digest = token.standardDetachedDigest,
            signatures.isValid(
                signature: token.cose.bytes[token.cose.signature], digest: digest, key: key)
        {
            return .init(
                .signature,
                "signed in the detached form of RFC 9052, which no genuine device makes; expected the message as "
                    + "external_aad and a nil payload")
        }
        return .init(.signature, "signature does not verify under the device's key")
    }

    private func digestFailures(_ token: AttestationToken) -> [CheckFailure] {
        guard let attested = token.keyMessage?.digest else { return [] }
        let actual = token.actualDigest
        if attested == actual { return [] }
        return [
            .init(
                .digest,
                "the attested digest is not that of the first part: attested \(Hex.encode(attested)), "
                    + "found \(Hex.encode(actual))")
        ]
    }

    /// What the own signature of each token's CSR says; nil for a token without one.
    private func verifyRequests(_ block: [Claim]) -> [Result<VerifiedRequest, CheckFailure>?] {
        var places: [Int] = []
        var carried: [CertificationRequest] = []
        for (place, claim) in block.enumerated() {
            guard case .certificationRequest(_, let request) = claim.token.content else { continue }
            places.append(place)
            carried.append(request)
        }
        var results = [Result<VerifiedRequest, CheckFailure>?](repeating: nil, count: block.count)
        for (place, result) in zip(places, requests.verify(carried)) { results[place] = result }
        return results
    }
}
