public import Attestation

/// Whether a device has to vouch for the key that is certified.
public enum AttestationRule: String, Sendable, CaseIterable {
    /// A bare request will do; a token of a device whose key is known still has to verify.
    case optional
    /// A device whose identity key is known, also one that was merely observed.
    case observed
    /// A device whose identity key was given, imported or confirmed.
    case trusted

    /// The least trust in the device's key; nil where none is demanded.
    public var minimumTrust: KeyTrust? {
        switch self {
        case .optional: nil
        case .observed: .observed
        case .trusted: .trusted
        }
    }
}
