/// A place in the modem's memory for credentials.
public struct CredentialSlot: Sendable, Hashable, Comparable {
    public let secTag: SecTag
    public let kind: CredentialKind

    public init(_ secTag: SecTag, _ kind: CredentialKind) {
        self.secTag = secTag
        self.kind = kind
    }

    public static func < (left: CredentialSlot, right: CredentialSlot) -> Bool {
        (left.secTag, left.kind.rawValue) < (right.secTag, right.kind.rawValue)
    }
}

/// What the modem keeps under a security tag, by the numbers of `%CMNG`.
public enum CredentialKind: UInt32, Sendable, CaseIterable {
    /// Of a CA, for the other end of a connection; several in one text are allowed.
    case rootCertificate = 0
    /// Of the device itself.
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
}
