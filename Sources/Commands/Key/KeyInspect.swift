import ArgumentParser
import Diagnostics
import InputOutput

/// `assay key inspect`
struct KeyInspect: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show a key's type and its identifiers.",
        discussion: """
            Prints the type, the kid (SHA-256 of the SubjectPublicKeyInfo, as in the devices' tokens), the \
            RFC 7638 thumbprint and the public key. Takes private keys (PKCS#8, SEC 1, PKCS#1), public keys, \
            certificates and certification requests, all in PEM; of the last two nothing but the key is looked at.

            EXAMPLES

              assay key inspect device.key
            """)

    @OptionGroup var document: KeyDocumentOptions

    func run(in environment: Environment) throws -> ExitStatus {
        try document.write(showsDetails: true) { $0.bytes(json: document.output.json) }
        return .done
    }
}
