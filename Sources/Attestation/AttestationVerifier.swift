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

    /// Says that `token` is one of those that will be verified next: what is announced is verified in blocks, in less
    /// time. Changes no verdict.
    public func announce(_ token: AttestationToken) {
        signatures.announce(signature: token.cose.bytes[token.cose.signature])
        if case .certificationRequest(_, let request) = token.content { requests.announce(request) }
    }

    /// The verdict on `token` under the key that is known for its device.
    ///
    /// - Parameters:
    ///   - key: the identity key of the device that the token names; `nil` is rejected as `unknown-key`.
    ///   - expectedUUID: the device that the row or the caller says the token is of.
    public func verify(
        _ token: AttestationToken, key: IdentityKey?, expectedUUID: DeviceUUID? = nil
    ) -> Verdict {
        var failures: [CheckFailure] = []
        var profile: SigningProfile?
        if let failure = algorithmFailure(token) {
            failures.append(failure)
        } else if let failure = keyFailure(token, key) {
            failures.append(failure)
        } else if let key {
            profile = matchingProfile(token, key.publicKey)
            if profile == nil { failures.append(signatureFailure(token, key.publicKey)) }
        }
        failures += digestFailures(token)
        let (request, requestFailures) = verifyRequest(token)
        failures += requestFailures
        failures += token.uuidMismatches(expecting: expectedUUID)
        if let challenge = policy.challenge, challenge != token.nonce {
            failures.append(
                .init(
                    .challengeMismatch,
                    "expected the challenge \(Hex.encode(challenge)), found \(Hex.encode(token.nonce))"))
        }
        guard failures.isEmpty, let profile, let key else { return .rejected(failures) }
        return .verified(.init(token: token, profile: profile, key: key, request: request))
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

    private func matchingProfile(_ token: AttestationToken, _ key: P256PublicKey) -> SigningProfile? {
        let signature = token.cose.bytes[token.cose.signature]
        return SigningProfile.allCases.first { profile in
            guard let digest = token.signedDigest(profile) else { return false }
            return signatures.isValid(signature: signature, digest: digest, key: key)
        }
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

    private func verifyRequest(_ token: AttestationToken) -> (VerifiedRequest?, [CheckFailure]) {
        guard case .certificationRequest(_, let request) = token.content else { return (nil, []) }
        switch request.verify(with: requests) {
        case .success(let verified): return (verified, [])
        case .failure(let failure): return (nil, [failure])
        }
    }
}
