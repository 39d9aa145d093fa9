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
