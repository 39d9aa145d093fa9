public import Diagnostics

/// The PEM text of a credential as commands carry it to a modem: LF line ends, one of them at the end, nothing outside
/// the blocks.
///
/// What a bench writes itself and what the service sends has the same octets, so that it has the same digest.
public struct CredentialText: Sendable, Equatable {
    public let text: String
    /// Of each block: `CERTIFICATE`.
    public let labels: [String]

    /// Reads a text; throws `pem` when a block is broken or there is none.
    public init(_ bytes: [UInt8]) throws(ToolError) {
        let pem = try PEMText(bytes)
        text = pem.normalized
        labels = pem.blocks.map(\.label)
    }
}
