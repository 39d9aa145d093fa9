import ArgumentParser
import Diagnostics
import InputOutput
import OpenSSL

/// `assay key generate`
struct KeyGenerate: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Make a key pair and write the private key to a file.",
        discussion: """
            The file is PKCS#8 in PEM, mode 0600, encrypted (AES-256, PBKDF2) unless --no-passphrase is \
            said. The passphrase is asked for on the terminal when no option names its source.

            EXAMPLES

              assay key generate -o device.key
              assay key generate --type P-384 --passphrase-file passphrase.txt -o ca.key
            """)

    @Option(help: .init("p256, p384, ed25519 or rsa3072.", valueName: "type"))
    var type: KeyTypeChoice = .p256

    @OptionGroup(title: "Output options") var file: FileOptions
    @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        guard let path = file.output, path != "-" else {
            throw ValidationError("expected -o with the file for the private key, found none")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let path = file.output ?? ""
        // First the file, so that nobody types a passphrase for a name that is taken.
        let sink = try NewFile(path: path, mode: .ownerOnly, replaces: file.force)
        let secret = try passphrase.source.forNewKey(path)
        let key = try Self.generate(type.kind)
        try sink.write(try KeyFile.pem(key, passphrase: secret))
        try sink.commit()
        try StandardStream.output().write(KeyReport(file: path, key: key.publicKey).bytes(json: output.json))
        return .done
    }

    static func generate(_ kind: PrivateKey.GeneratedKind) throws(ToolError) -> PrivateKey {
        do {
            return try PrivateKey.generate(kind)
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }
}
