public import OpenSSL

/// How a device's identity key came to be known.
public enum KeyTrust: String, Sendable {
    /// Named by the caller for this run.
    case given
    /// Imported or confirmed by a person.
    case trusted
    /// Recovered from the device's own signatures: the same signer, not necessarily a genuine part.
    case observed
}

/// The public identity key of a device and how it came to be known.
public struct IdentityKey: Sendable, Hashable {
    public let publicKey: P256PublicKey
    public let trust: KeyTrust

    /// A key with the trust that the caller has in it.
    public init(publicKey: P256PublicKey, trust: KeyTrust) {
        self.publicKey = publicKey
        self.trust = trust
    }
}
