import ArgumentParser
import CommandLineSupport
import Diagnostics

/// Where the password of a client key comes from: it goes to the device with the key.
struct ClientKeyPasswordOptions: ParsableArguments {
    @OptionGroup var given: SecretOptions<Password>

    enum Password: SecretKind {
        static let prefix = "client-key-password"
        static let noun = "the password of an encrypted client key"
    }

    var usesStandardInput: Bool { given.source?.usesStandardInput == true }

    private var source: PassphraseSource { PassphraseSource(given.source) }

    /// The password, nil if none was given.
    ///
    /// - Parameter isNeeded: whether there is a client key that it could belong to.
    func text(isNeeded: Bool) throws(ToolError) -> String? {
        guard source != .unstated else { return nil }
        guard isNeeded else {
            throw ToolError(.usage, "expected a step client-key for the password, found none")
        }
        return try source.stated().map { (secret) throws(ToolError) in try Self.text(secret) }
    }

    /// The password as a person at the terminal types it, nil where nobody sits.
    static func ask() throws(ToolError) -> String? {
        try PassphraseSource.ask("password of the client key").map { (secret) throws(ToolError) in
            try text(secret)
        }
    }

    private static func text(_ secret: [UInt8]) throws(ToolError) -> String {
        guard let text = String(validating: secret, as: UTF8.self), !text.isEmpty else {
            throw ToolError(.passphrase, "expected a password of UTF-8 text, found something else or nothing")
        }
        return text
    }
}
