import CommandLineSupport
import Diagnostics
import InputOutput

/// The passphrase of the key of the CA that the service signs with.
enum AuthorityPassphrase: SecretKind {
    static let prefix = "ca-passphrase"
    static let noun = "the passphrase of the CA's key"
}

extension SecretOptions<AuthorityPassphrase> {
    /// The passphrase; nil where none was named.
    ///
    /// - Throws: ``ToolError`` with `io` or `passphrase`.
    func secret() throws(ToolError) -> [UInt8]? {
        guard let secret = try source?.read() else { return nil }
        guard 1...SecretInput.limit ~= secret.count else {
            throw ToolError(
                .passphrase, "expected a passphrase of 1 to \(SecretInput.limit) bytes, found \(secret.count)"
            )
        }
        return secret
    }
}
