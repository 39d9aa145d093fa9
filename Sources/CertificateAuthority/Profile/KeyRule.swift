public import OpenSSL

/// Which kinds of key a profile certifies.
public enum KeyType: String, Sendable, Hashable, CaseIterable {
    case p256, p384, p521, ed25519, rsa

    /// The type of a key, `nil` for kinds that are never certified.
    public init?(_ kind: PublicKey.Kind) {
        switch kind {
        case .p256: self = .p256
        case .p384: self = .p384
        case .p521: self = .p521
        case .ed25519: self = .ed25519
        case .rsa: self = .rsa
        case .otherCurve, .other: return nil
        }
    }
}

/// The keys that a profile certifies: types and, for RSA, sizes.
public struct KeyRule: Sendable, Equatable {
    /// At least one.
    public let types: Set<KeyType>
    /// Bits of an RSA modulus; 2048…16384.
    public let rsaBits: ClosedRange<Int>

    /// The sizes of RSA keys that any profile may allow; shorter ones are too weak, longer ones nobody reads.
    public static let possibleRSABits = 2048...16_384

    init(_ types: Set<KeyType>, rsaBits: ClosedRange<Int> = 2048...4096) {
        self.types = types
        self.rsaBits = rsaBits
    }

    /// Why the profile called `profile` does not certify a key; nil if it does.
    func objection(to kind: PublicKey.Kind, profile: String) -> String? {
        guard let type = KeyType(kind) else { return "profile \(profile) certifies no keys of this kind" }
        guard types.contains(type) else {
            let allowed = types.map(\.rawValue).sorted().joined(separator: ", ")
            return "profile \(profile) certifies \(allowed) keys, found \(type.rawValue)"
        }
        if case .rsa(let bits) = kind, !rsaBits.contains(bits) {
            let range = "\(rsaBits.lowerBound)…\(rsaBits.upperBound)"
            return "profile \(profile) certifies RSA keys of \(range) bits, found \(bits)"
        }
        return nil
    }
}
