package import ArgumentParser
package import Diagnostics
import InputOutput

/// Which service, and with whose key.
package struct ServiceOptions: ParsableArguments {
    @Option(
        help: .init(
            "The address of the service, or nrfcloud for the public one; without it $ASSAY_SERVICE.",
            valueName: "url"))
    var service: String?

    @Option(
        help: .init(
            "Take the API key from the first line of this file, or of standard input (-).", valueName: "file")
    )
    var apiKeyFile: String?

    @Option(
        help: .init("Take the API key from the first line of this open file descriptor.", valueName: "n"))
    var apiKeyFd: Int32?

    @Option(help: .init("Take the API key from this environment variable.", valueName: "name"))
    var apiKeyEnv: String?

    @Option(
        help: .init(
            "Certificates in PEM that may vouch for the service, instead of the system's.", valueName: "file")
    )
    package var rootCa: String?

    package init() {}

    package func validate() throws {
        let count = [apiKeyFile != nil, apiKeyFd != nil, apiKeyEnv != nil].count { $0 }
        guard count <= 1 else {
            throw ValidationError(
                "expected one of --api-key-file, --api-key-fd and --api-key-env, found \(count)")
        }
    }

    /// Whether the key takes standard input, so that no input may.
    var usesStandardInput: Bool { apiKeyFile == "-" || apiKeyFd == 0 }

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
        if let apiKeyFile {
            secret = try SecretInput.firstLine(ofFile: apiKeyFile)
        } else if let apiKeyFd {
            secret = try SecretInput.firstLine(ofDescriptor: apiKeyFd)
        } else if let apiKeyEnv {
            guard let value = System.environment(apiKeyEnv) else {
                throw ToolError(
                    .usage,
                    "expected an API key in the environment variable \(apiKeyEnv.escapedForTerminal), found it unset"
                )
            }
            secret = Array(value.utf8)
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
