import ArgumentParser
import Diagnostics
import InputOutput

/// Where the passphrase of a private key comes from; shared by all commands that read or write one.
struct PassphraseOptions: ParsableArguments {
    @Option(
        help: .init(
            "Take the passphrase from the first line of this file, or of standard input (-).",
            valueName: "file"))
    var passphraseFile: String?

    @Option(
        help: .init("Take the passphrase from the first line of this open file descriptor.", valueName: "n"))
    var passphraseFd: Int32?

    @Option(help: .init("Take the passphrase from this environment variable.", valueName: "name"))
    var passphraseEnv: String?

    @Flag(help: "The key is not encrypted.")
    var noPassphrase = false

    func validate() throws {
        try PassphraseSource.checkOne(passphraseFile, passphraseFd, passphraseEnv, noPassphrase, prefix: "")
    }

    var source: PassphraseSource {
        PassphraseSource(
            file: passphraseFile, descriptor: passphraseFd, variable: passphraseEnv, none: noPassphrase)
    }
}

/// The same for the key of the CA that signs a new CA's certificate.
struct IssuerPassphraseOptions: ParsableArguments {
    @Option(help: .init("Take the passphrase of the issuer's key from this file.", valueName: "file"))
    var issuerPassphraseFile: String?

    @Option(help: .init("Take the passphrase of the issuer's key from this descriptor.", valueName: "n"))
    var issuerPassphraseFd: Int32?

    @Option(
        help: .init(
            "Take the passphrase of the issuer's key from this environment variable.", valueName: "name"))
    var issuerPassphraseEnv: String?

    func validate() throws {
        try PassphraseSource.checkOne(
            issuerPassphraseFile, issuerPassphraseFd, issuerPassphraseEnv, false, prefix: "issuer-")
    }

    var source: PassphraseSource {
        PassphraseSource(
            file: issuerPassphraseFile, descriptor: issuerPassphraseFd, variable: issuerPassphraseEnv,
            none: false)
    }
}

/// The same for a key that is imported.
struct KeyPassphraseOptions: ParsableArguments {
    @Option(help: .init("Take the passphrase of the key that is imported from this file.", valueName: "file"))
    var keyPassphraseFile: String?

    @Option(
        help: .init("Take the passphrase of the key that is imported from this descriptor.", valueName: "n"))
    var keyPassphraseFd: Int32?

    @Option(
        help: .init(
            "Take the passphrase of the key that is imported from this environment variable.",
            valueName: "name"))
    var keyPassphraseEnv: String?

    func validate() throws {
        try PassphraseSource.checkOne(
            keyPassphraseFile, keyPassphraseFd, keyPassphraseEnv, false, prefix: "key-")
    }

    var source: PassphraseSource {
        PassphraseSource(
            file: keyPassphraseFile, descriptor: keyPassphraseFd, variable: keyPassphraseEnv, none: false)
    }
}

/// Where a passphrase comes from. It is never the value of an option, which `ps` shows to everybody.
enum PassphraseSource: Equatable {
    case file(String)
    case descriptor(Int32)
    case variable(String)
    /// The passphrase itself, where it was read before.
    case bytes([UInt8])
    /// `--no-passphrase`
    case none
    /// Nothing was said: a terminal is asked, if there is one.
    case unstated

    init(file: String?, descriptor: Int32?, variable: String?, none: Bool) {
        if let file {
            self = .file(file)
        } else if let descriptor {
            self = .descriptor(descriptor)
        } else if let variable {
            self = .variable(variable)
        } else {
            self = none ? .none : .unstated
        }
    }

    static func checkOne(
        _ file: String?, _ descriptor: Int32?, _ variable: String?, _ none: Bool, prefix: String
    ) throws {
        let count = [file != nil, descriptor != nil, variable != nil, none].count { $0 }
        guard count <= 1 else {
            throw ValidationError(
                "expected one of --\(prefix)passphrase-file, --\(prefix)passphrase-fd, --\(prefix)passphrase-env"
                    + (prefix.isEmpty ? " and --no-passphrase" : "") + ", found \(count)")
        }
    }

    /// Whether it takes standard input, so that no input may.
    var usesStandardInput: Bool { self == .file("-") || self == .descriptor(0) }

    /// The passphrase that the options name; `nil` for ``none`` and ``unstated``.
    func stated() throws(ToolError) -> [UInt8]? {
        let secret: [UInt8]
        switch self {
        case .file(let path): secret = try SecretInput.firstLine(ofFile: path)
        case .descriptor(let number): secret = try SecretInput.firstLine(ofDescriptor: number)
        case .variable(let name): secret = try SecretInput.value(ofVariable: name)
        case .bytes(let bytes): secret = bytes
        case .none, .unstated: return nil
        }
        guard secret.count <= SecretInput.limit else {
            throw ToolError(.passphrase, "expected a passphrase of at most \(SecretInput.limit) bytes")
        }
        return secret
    }

    /// The passphrase for a key that is about to be written; `nil` only for `--no-passphrase`.
    ///
    /// - Throws: ``ToolError`` with code `passphrase` for an empty one, for two that differ, and where
    ///   nothing was said and there is no terminal to ask.
    func forNewKey(_ name: String) throws(ToolError) -> [UInt8]? {
        if self == .none { return nil }
        if let secret = try stated() { return try Self.notEmpty(secret) }
        guard let first = try Self.ask("new passphrase for \(name.escapedForTerminal)") else {
            throw ToolError(
                .passphrase, "expected a passphrase for the new key, found no terminal to ask",
                hint: "give --passphrase-file, --passphrase-fd or --passphrase-env, or --no-passphrase")
        }
        let secret = try Self.notEmpty(first)
        guard try Self.ask("the same again") == secret else {
            throw ToolError(.passphrase, "the two passphrases differ")
        }
        return secret
    }

    private static func notEmpty(_ secret: [UInt8]) throws(ToolError) -> [UInt8] {
        guard !secret.isEmpty else {
            throw ToolError(
                .passphrase, "expected a passphrase, found an empty one",
                hint: "--no-passphrase writes a key that is not encrypted")
        }
        return secret
    }

    /// Asks where a person sits: a run in the background has a terminal too, but nobody at it.
    static func ask(_ text: String) throws(ToolError) -> [UInt8]? {
        guard System.isTerminal(0) || System.isTerminal(StandardStream.errorDescriptor) else { return nil }
        return try SecretInput.prompt(text)
    }
}
