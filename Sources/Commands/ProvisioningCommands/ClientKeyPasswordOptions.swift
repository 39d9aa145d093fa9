import ArgumentParser
import Diagnostics

/// Where the password of a client key comes from: it goes to the device with the key.
struct ClientKeyPasswordOptions: ParsableArguments {
    @Option(
        help: .init(
            "Take the password of an encrypted client key from the first line of this file, or of standard input (-).",
            valueName: "file"))
    var clientKeyPasswordFile: String?

    @Option(
        help: .init("Take it from the first line of this open file descriptor.", valueName: "n"))
    var clientKeyPasswordFd: Int32?

    @Option(help: .init("Take it from this environment variable.", valueName: "name"))
    var clientKeyPasswordEnv: String?

    var usesStandardInput: Bool { source.usesStandardInput }

    private var source: PassphraseSource {
        PassphraseSource(
            file: clientKeyPasswordFile, descriptor: clientKeyPasswordFd, variable: clientKeyPasswordEnv,
            none: false)
    }

    func validate() throws {
        let count = [clientKeyPasswordFile != nil, clientKeyPasswordFd != nil, clientKeyPasswordEnv != nil]
            .count { $0 }
        guard count <= 1 else {
            throw ValidationError(
                "expected one of --client-key-password-file, --client-key-password-fd and "
                    + "--client-key-password-env, found \(count)")
        }
    }

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
