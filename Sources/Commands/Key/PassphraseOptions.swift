import ArgumentParser
import CommandLineSupport
import Diagnostics
import InputOutput

/// Where the passphrase of a private key comes from; shared by all commands that read or write one.
struct PassphraseOptions: ParsableArguments {
    @OptionGroup var given: SecretOptions<Passphrase>

    @Flag(help: "The key is not encrypted.")
    var noPassphrase = false

    func validate() throws {
        guard given.source == nil || !noPassphrase else {
            throw ValidationError(
                "expected one of --passphrase-file, --passphrase-fd, --passphrase-env and --no-passphrase, found 2"
            )
        }
    }

    var source: PassphraseSource { noPassphrase ? .none : PassphraseSource(given.source) }

    enum Passphrase: SecretKind {
        static let prefix = "passphrase"
        static let noun = "the passphrase"
    }
}

/// The passphrase of the key of the CA that signs a new CA's certificate.
enum IssuerPassphrase: SecretKind {
    static let prefix = "issuer-passphrase"
    static let noun = "the passphrase of the issuer's key"
}

/// The passphrase of a key that is imported.
enum KeyPassphrase: SecretKind {
    static let prefix = "key-passphrase"
    static let noun = "the passphrase of the key that is imported"
}

extension SecretOptions {
    var passphrase: PassphraseSource { PassphraseSource(source) }
}

/// The passphrase of a key: where it comes from, or that there is none.
enum PassphraseSource: Equatable {
    case given(SecretSource)
    /// The passphrase itself, where it was read before.
    case bytes([UInt8])
    /// `--no-passphrase`
    case none
    /// Nothing was said: a terminal is asked, if there is one.
    case unstated

    init(_ source: SecretSource?) { self = source.map { .given($0) } ?? .unstated }

    /// Whether it takes standard input, so that no input may.
    var usesStandardInput: Bool {
        if case .given(let source) = self { source.usesStandardInput } else { false }
    }

    /// Checks that standard input is read for one passphrase.
    static func demandOneReader(_ sources: PassphraseSource...) throws {
        guard sources.count(where: \.usesStandardInput) <= 1 else {
            throw ValidationError("expected one passphrase from standard input, found two")
        }
    }

    /// The passphrase that the options name; `nil` for ``none`` and ``unstated``.
    func stated() throws(ToolError) -> [UInt8]? {
        let secret: [UInt8]
        switch self {
        case .given(let source): secret = try source.read()
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
