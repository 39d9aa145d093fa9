import ArgumentParser
import Diagnostics
import InputOutput
import OpenSSL

/// `assay key public`
struct KeyPublic: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "public",
        abstract: "Print the public key of a private key.",
        discussion: "The result is a SubjectPublicKeyInfo in PEM (-----BEGIN PUBLIC KEY-----).")

    @Argument(help: .init("A private key in PEM, or - for standard input.", valueName: "file"))
    var key: String

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var file: FileOptions
    @OptionGroup var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let contents = try KeyFile.readAny(key, passphrase.source)
        let sink = try file.sink()
        if output.json {
            try sink.write(KeyReport(file: key, key: contents.publicKey).bytesAsJSON)
        } else {
            try sink.write(Array(PEMText.publicKey(contents.publicKey.spki).utf8))
        }
        try sink.commit()
        return .done
    }
}
