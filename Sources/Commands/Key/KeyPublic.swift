import ArgumentParser
import Diagnostics
import InputOutput
import OpenSSL

/// `assay key public`
struct KeyPublic: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "public",
        abstract: "Print the public key of a private key, a certificate or a request.",
        discussion: """
            The result is a SubjectPublicKeyInfo in PEM (-----BEGIN PUBLIC KEY-----). A certificate or request that \
            holds the key is not verified.

            EXAMPLES

              assay key public device.key -o device.pub
            """)

    @Argument(
        help: .init("A key, certificate or request in PEM, or - for standard input.", valueName: "file"))
    var key: String

    @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions
    @OptionGroup(title: "Output options") var file: FileOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let report = KeyReport(file: key, try KeyFile.readAny(key, passphrase.source))
        let sink = try file.sink()
        try sink.write(output.json ? report.bytesAsJSON : Array(PEMText.publicKey(report.spki).utf8))
        try sink.commit()
        return .done
    }
}
