import COSE
import OpenSSL

/// Which bytes the identity key signed; both are found in genuine devices.
public enum SigningProfile: String, Sendable, CaseIterable {
    /// The first part is the external_aad; for `%ATTESTTOKEN` the payload slot is nil.
    case bound
    /// external_aad is empty: `%KEYGEN` of newer firmware, tied to its first part by the digest alone.
    case plain
}

extension AttestationToken {
    /// The SHA-256 digest that is signed under `profile`; `nil` where the profile does not exist for the kind.
    func signedDigest(_ profile: SigningProfile) -> [UInt8]? {
        let payload: SigStructure.Payload
        if let range = cose.payload {
            payload = .bytes(cose.bytes[range])
        } else if profile == .bound {
            payload = .null
        } else {
            return nil
        }
        return Digest.sha256(
            SigStructure.encode(
                protected: cose.bytes[cose.protected],
                externalAAD: profile == .bound ? firstPart[...] : [],
                payload: payload))
    }

    /// The digest under RFC 9052's own detached form (§4.1), which no genuine device makes; for a hint only.
    var standardDetachedDigest: [UInt8]? {
        guard cose.payload == nil else { return nil }
        return Digest.sha256(
            SigStructure.encode(
                protected: cose.bytes[cose.protected], externalAAD: [], payload: .bytes(firstPart[...])))
    }
}
