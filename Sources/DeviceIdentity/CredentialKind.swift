/// What a modem keeps under a security tag, by the numbers of `%CMNG`.
public enum CredentialKind: UInt32, Sendable, CaseIterable {
    case rootCertificate = 0
    case clientCertificate = 1
    case privateKey = 2
    case preSharedKey = 3
    case keyIdentity = 4
    /// For AT commands that need authentication.
    case commandKey = 5
    case identityKey = 6
    case reserved = 7
    case endorsementKey = 8
    case ownershipKey = 9
    case identityRoot = 10
    case vendorKey = 11

    /// What results call it.
    public var name: StaticString {
        switch self {
        case .rootCertificate: "root-ca"
        case .clientCertificate: "client-certificate"
        case .privateKey: "private-key"
        case .preSharedKey: "psk"
        case .keyIdentity: "psk-identity"
        case .commandKey: "command-key"
        case .identityKey: "identity-key"
        case .reserved: "reserved"
        case .endorsementKey: "endorsement-key"
        case .ownershipKey: "ownership-key"
        case .identityRoot: "identity-root"
        case .vendorKey: "vendor-key"
        }
    }
}
