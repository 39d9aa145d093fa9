package import ArgumentParser
import CommandLineSupport
package import Diagnostics
import InputOutput

/// Which service, and with whose key.
package struct ServiceOptions: ParsableArguments {
    @Option(
        help: .init(
            "The address of the service, or nrfcloud for the public one; without it $ASSAY_SERVICE.",
            valueName: "url"))
    var service: String?

    @OptionGroup var apiKey: SecretOptions<APIKey>

    @Option(
        help: .init(
            "Certificates in PEM that may vouch for the service, instead of the system's.", valueName: "file")
    )
    package var rootCa: String?

    package init() {}

    /// Whether the key takes standard input, so that no input may.
    var usesStandardInput: Bool { apiKey.source?.usesStandardInput == true }

    /// Checks that standard input is read once: for the key or for inputs.
    ///
    /// - Parameter noun: what the inputs are.
    func demandOneReader(_ noun: String, _ inputs: [String]) throws {
        guard usesStandardInput, inputs.contains("-") else { return }
        throw ValidationError("expected the API key or the \(noun) from standard input, found both")
    }

    /// The address as it was given.
    package func address() throws(ToolError) -> String { try Self.address(service) }

    /// The address that an option gives, or the environment.
    static func address(_ given: String?) throws(ToolError) -> String {
        if let given { return given }
        if let named = System.environment("ASSAY_SERVICE"), !named.isEmpty { return named }
        throw ToolError(
            .usage, "expected the address of a service, found neither --service nor ASSAY_SERVICE",
            hint: "give --service https://HOST, or --service nrfcloud for the public one")
    }

    /// The API key.
    package func key() throws(ToolError) -> String {
        let secret: [UInt8]
        if case .variable(let name)? = apiKey.source, System.environment(name) == nil {
            throw ToolError(
                .usage,
                "expected an API key in the environment variable \(name.escapedForTerminal), found it unset")
        } else if let source = apiKey.source {
            secret = try source.read()
        } else if let typed = try PassphraseSource.ask("API key") {
            secret = typed
        } else {
            throw ToolError(
                .usage, "expected an API key, found none and no terminal to ask",
                hint: "give --api-key-file, --api-key-fd or --api-key-env")
        }
        let text = String(decoding: secret, as: UTF8.self).filter { $0 != " " && $0 != "\t" }
        // It goes into a header: a line end in it would be one of the header's.
        guard !text.isEmpty, text.utf8.count <= SecretInput.limit, text.utf8.allSatisfy({ 0x21...0x7e ~= $0 })
        else {
            throw ToolError(
                .usage, "expected an API key of visible ASCII characters, found something else",
                hint: "look whether the file or the variable holds the key alone")
        }
        return text
    }
}

/// The key that a service knows its callers by.
enum APIKey: SecretKind {
    static let prefix = "api-key"
    static let noun = "the API key"
}
