public import DeviceIdentity

/// A line of `%CMNG=1`: where a credential is, and the digest of its content.
public struct StoredCredential: Sendable, Equatable {
    public let secTag: SecTag
    /// By the numbers of `%CMNG`; firmware may have more of them than are known here.
    public let type: UInt32
    /// SHA-256 of the content exactly as it was written; of private keys the rule is not published.
    public let digest: [UInt8]

    public var kind: CredentialKind? { CredentialKind(rawValue: type) }

    /// The line after its prefix: `7,0,"64 HEX DIGITS"`; `nil` for anything else.
    public init?(information: String) {
        let fields = information.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 3, let tag = ATValues.number(fields[0]), let type = ATValues.number(fields[1]),
            let digest = Hex.decode(ATValues.text(String(fields[2])).lowercased()), digest.count == 32
        else { return nil }
        secTag = SecTag(tag)
        self.type = type
        self.digest = digest
    }

    /// The line as the modem prints it.
    public var line: String { "%CMNG: \(secTag),\(type),\"\(Hex.encode(digest).uppercased())\"" }
}
