import ArgumentParser
package import Diagnostics
import InputOutput

/// Which secret options are about.
package protocol SecretKind {
    /// What their names begin with: `api-key` of `--api-key-file`.
    static var prefix: String { get }
    /// What it is, in a sentence: `the API key`.
    static var noun: String { get }
}

/// Where a secret comes from. It is never the value of an option, which `ps` shows to everybody.
package struct SecretOptions<Kind: SecretKind>: ParsableArguments {
    @Option(
        name: .customLong("\(Kind.prefix)-file"),
        help: .init(
            "Take \(Kind.noun) from the first line of this file, or of standard input (-).", valueName: "file"
        ))
    private var file: String?

    @Option(
        name: .customLong("\(Kind.prefix)-fd"),
        help: .init("Take \(Kind.noun) from the first line of this open file descriptor.", valueName: "n"))
    private var descriptor: Int32?

    @Option(
        name: .customLong("\(Kind.prefix)-env"),
        help: .init("Take \(Kind.noun) from this environment variable.", valueName: "name"))
    private var variable: String?

    package init() {}

    package func validate() throws {
        guard count <= 1 else {
            throw ValidationError(
                "expected one of --\(Kind.prefix)-file, --\(Kind.prefix)-fd and --\(Kind.prefix)-env, found \(count)"
            )
        }
    }

    private var count: Int { [file != nil, descriptor != nil, variable != nil].count { $0 } }

    /// The source that was named; nil for none.
    package var source: SecretSource? {
        file.map(SecretSource.file) ?? descriptor.map(SecretSource.descriptor)
            ?? variable.map(SecretSource.variable)
    }
}

extension SecretOptions: PrefixedOptions {
    package static var prefix: String { Kind.prefix }
    package static var ownNames: [String: String] { ["descriptor": "fd", "variable": "env"] }
}

/// A place that a secret is read from.
package enum SecretSource: Equatable, Sendable {
    /// Its first line; `-` is standard input.
    case file(String)
    /// The first line of what an open descriptor gives.
    case descriptor(Int32)
    /// An environment variable.
    case variable(String)

    /// Whether it takes standard input, so that no input may.
    package var usesStandardInput: Bool { self == .file("-") || self == .descriptor(0) }

    /// The secret.
    ///
    /// - Throws: ``ToolError`` with `io` or `passphrase`.
    package func read() throws(ToolError) -> [UInt8] {
        switch self {
        case .file(let path): try SecretInput.firstLine(ofFile: path)
        case .descriptor(let number): try SecretInput.firstLine(ofDescriptor: number)
        case .variable(let name): try SecretInput.value(ofVariable: name)
        }
    }
}
