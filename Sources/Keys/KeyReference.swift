public import Diagnostics

/// Where a private key is kept, as a caller names it.
///
/// A key in a hardware module is named by a URI (RFC 7512). Nothing here opens one yet: it is told apart from a file, so
/// that nobody is told of a file that is missing.
public enum KeyReference: Sendable, Equatable {
    /// A file in PEM; `-` is standard input.
    case file(String)

    private static let tokenScheme = "pkcs11:"

    /// - Throws: ``ToolError`` with `usage` for a `pkcs11:` URI.
    public init(_ text: String) throws(ToolError) {
        guard text.prefix(Self.tokenScheme.count).lowercased() != Self.tokenScheme else {
            throw ToolError(
                .usage,
                "expected a key in a PEM file, found a PKCS #11 URI: keys in hardware modules are not supported",
                hint: "a file of this name is given as ./NAME")
        }
        self = .file(text)
    }
}
