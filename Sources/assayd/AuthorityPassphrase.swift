import ArgumentParser
import Diagnostics
import InputOutput

/// Where the passphrase of the CA's key comes from: never an option's value, which `ps` shows to everybody.
struct AuthorityPassphraseOptions: ParsableArguments {
    @Option(
        help: .init(
            "Take the passphrase of the CA's key from the first line of this file, or of standard input (-).",
            valueName: "file"))
    var caPassphraseFile: String?

    @Option(
        help: .init(
            "Take the passphrase of the CA's key from the first line of this open file descriptor.",
            valueName: "n"))
    var caPassphraseFd: Int32?

    @Option(
        help: .init("Take the passphrase of the CA's key from this environment variable.", valueName: "name"))
    var caPassphraseEnv: String?

    func validate() throws {
        guard count <= 1 else {
            throw ValidationError(
                "expected one of --ca-passphrase-file, --ca-passphrase-fd and --ca-passphrase-env, found \(count)"
            )
        }
    }

    private var count: Int {
        [caPassphraseFile != nil, caPassphraseFd != nil, caPassphraseEnv != nil].count { $0 }
    }

    var isGiven: Bool { count > 0 }

    /// The passphrase; nil where none was named.
    ///
    /// - Throws: ``ToolError`` with `io` or `passphrase`.
    func secret() throws(ToolError) -> [UInt8]? {
        let secret: [UInt8]
        if let caPassphraseFile {
            secret = try SecretInput.firstLine(ofFile: caPassphraseFile)
        } else if let caPassphraseFd {
            secret = try SecretInput.firstLine(ofDescriptor: caPassphraseFd)
        } else if let caPassphraseEnv {
            secret = try SecretInput.value(ofVariable: caPassphraseEnv)
        } else {
            return nil
        }
        guard 1...SecretInput.limit ~= secret.count else {
            throw ToolError(
                .passphrase, "expected a passphrase of 1 to \(SecretInput.limit) bytes, found \(secret.count)"
            )
        }
        return secret
    }
}
