public import DeviceIdentity

/// A file with what a modem should have.
public struct ExpectedCredential: Sendable {
    /// What results call the file.
    public let file: String
    public let kind: CredentialKind
    /// The octets of the file. Of a private key they are looked at and never told.
    public let text: [UInt8]

    public init(file: String, kind: CredentialKind, text: [UInt8]) {
        self.file = file
        self.kind = kind
        self.text = text
    }
}
