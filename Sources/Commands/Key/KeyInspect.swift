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

    @Argument(
        help: .init("A key, certificate or request in PEM, or - for standard input.", valueName: "file"))
    var key: String

    @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions
    @OptionGroup(title: "Output options") var file: FileOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let document = try KeyFile.readAny(key, passphrase.source)
        let sink = try file.sink()
        let report = KeyReport(file: key, document, showsDetails: true)
        try sink.write(report.bytes(json: output.json))
        try sink.commit()
        return .done
    }
}
