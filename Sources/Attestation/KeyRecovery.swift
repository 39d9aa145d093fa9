import COSE
public import DeviceIdentity
public import Diagnostics
public import OpenSSL

/// Finds the identity key common to several outputs of one device.
///
/// What it proves: one and the same key signed all of them. What it does not prove: that the key is that of a
/// genuine part. Anybody can make a key and sign several tokens with it. A recovered key is therefore *observed*,
/// never *trusted*; trust needs the key from whoever made or registered the device.
public enum KeyRecovery {
    /// The key that signatures have in common.
    public struct RecoveredKey: Sendable, Equatable {
        public let deviceUUID: DeviceUUID
        public let profile: SigningProfile
        public let publicKey: P256PublicKey
        /// How many different signatures the key is common to.
        public let signatures: Int
    }

    /// What came of it; a rejection names every reason.
    public enum Outcome: Sendable, Equatable {
        case recovered(RecoveredKey)
        case rejected([CheckFailure])
    }

    /// - Parameter tokens: outputs of one device, at least two of them different.
    public static func recover(_ tokens: [AttestationToken]) throws(OpenSSLError) -> Outcome {
        guard let first = tokens.first else {
            return .rejected([.init(.signature, "expected two or more tokens, found none")])
        }
        for token in tokens {
            if token.deviceUUID != first.deviceUUID {
                return .rejected([
                    .init(
                        .uuidMismatch,
                        "expected tokens of one device, found \(first.deviceUUID) and \(token.deviceUUID)")
                ])
            }
            if let failure = unfit(token) { return .rejected([failure]) }
        }
        let arithmetic = try P256Arithmetic()
        for profile in SigningProfile.allCases {
            if let key = try commonKey(tokens, profile, arithmetic) {
                return .recovered(key)
            }
        }
        return .rejected([
            .init(
                .signature, "no key is common to these signatures; expected two or more outputs of one device"
            )
        ])
    }

    /// The keys that the token's signature leaves possible, by profile.
    ///
    /// - Throws: ``TokenError`` when the token is not signed by an identity key with ES256, and with code `internal`
    ///   when libcrypto fails.
    public static func candidates(
        _ token: AttestationToken, _ arithmetic: P256Arithmetic
    ) throws(TokenError) -> [SigningProfile: [P256PublicKey]] {
        if let failure = unfit(token) { throw TokenError(failure.code, failure.message) }
        let signature = Array(token.cose.bytes[token.cose.signature])
        var found: [SigningProfile: [P256PublicKey]] = [:]
        for profile in SigningProfile.allCases {
            guard let digest = token.signedDigest(profile) else { continue }
            do {
                found[profile] = try arithmetic.recoverPublicKeys(signature: signature, digest: digest)
            } catch {
                throw TokenError(.internalFault, error.message)
            }
        }
        return found
    }

    private static func unfit(_ token: AttestationToken) -> CheckFailure? {
        guard token.cose.algorithm == -7 else {
            return .init(.algorithm, "expected ES256 (-7) in the protected header")
        }
        guard token.keyRole == .identity else {
            return .init(.unknownKey, "expected the identity key (kid -2), found kid \(token.keyRole.kid)")
        }
        return nil
    }

    /// `%ATTESTTOKEN` is signed in the bound form whatever the profile of the `%KEYGEN` answers beside it.
    private static func commonKey(
        _ tokens: [AttestationToken], _ profile: SigningProfile, _ arithmetic: P256Arithmetic
    ) throws(OpenSSLError) -> RecoveredKey? {
        if profile == .plain, tokens.allSatisfy({ $0.keyMessage == nil }) { return nil }
        var common: Set<P256PublicKey>?
        var seen: Set<[UInt8]> = []
        for token in tokens {
            guard let digest = token.signedDigest(token.keyMessage == nil ? .bound : profile) else {
                return nil
            }
            let signature = Array(token.cose.bytes[token.cose.signature])
            // The same message again is no further evidence, but its signature has to be by the same key too.
            seen.insert(digest)
            let candidates = Set(try arithmetic.recoverPublicKeys(signature: signature, digest: digest))
            common = common.map { $0.intersection(candidates) } ?? candidates
        }
        guard seen.count >= 2, let common, common.count == 1, let key = common.first else { return nil }
        return RecoveredKey(
            deviceUUID: tokens[0].deviceUUID, profile: profile, publicKey: key, signatures: seen.count)
    }
}
