import ArgumentParser
import CommandLineSupport
import CertificateAuthority
import Diagnostics
import InputOutput
import Keys
import OpenSSL
import PKIX
import Store

/// `assay ca import`
struct CAImport: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Adopt a CA that exists: its certificate and its private key.",
        discussion: """
            Takes for example the *_ca.pem and *_prv.pem of the nRF Cloud utilities, and what openssl and Easy-RSA made. \
            The CA is checked as it is for issuing. What is odd about its certificate and cannot be changed any more, such \
            as a missing key usage or a serial number that is not positive, is a warning. The folder gets profiles.json, \
            ca.json and a ledger as with assay ca init, but certificates end with the CA at the latest. A new ledger knows \
            nothing of what the CA issued before or issues elsewhere, and its CRLs are numbered from 1: where another \
            folder has this CA already, use that one, or share its ledger with --ledger. The key is written encrypted \
            unless --no-passphrase is said; if the given key file is encrypted itself, the same passphrase opens it \
            unless a --key-passphrase option names another.

            EXAMPLES

              assay ca import ca --cert ca.pem --key ca.key
              assay ca import ca --cert chain.pem --key ca.key --passphrase-file passphrase.txt
            """)

    @Argument(help: .init("The folder of the CA, made new.", valueName: "dir"))
    var directory: String

    @Option(help: .init("The CA's certificate in PEM, those above it may follow.", valueName: "pem"))
    var cert: String

    @Option(help: .init("The CA's private key in PEM.", valueName: "pem"))
    var key: String

    @OptionGroup var ledger: NewLedgerOptions
    @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions
    @OptionGroup(title: "Passphrase options") var keyPassphrase: SecretOptions<KeyPassphrase>
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        try PassphraseSource.demandOneReader(passphrase.source, keyPassphrase.passphrase)
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let folder = CAFolder(path: directory)
        try folder.checkIsFree()
        let shared = try ledger.shared()
        let chain = try CAFolder.certificates(cert)
        // Read once: a descriptor gives its passphrase once.
        let secret = try passphrase.source.stated()
        let reference = try KeyReference(key)
        let privateKey: PrivateKey
        if keyPassphrase.source == nil, let secret {
            privateKey = try KeyFile.open(reference, .bytes(secret))
        } else {
            privateKey = try KeyFile.open(reference, keyPassphrase.passphrase)
        }
        let issuer = try CAFolder.issuer(chain, privateKey, at: environment.now, file: cert)
        if let shared {
            try CAFolder.demandOneSpelling(of: issuer.certificate.der, in: try shared.open(.readOnly))
        }
        let newSecret =
            if let secret {
                try PassphraseSource.bytes(secret).forNewKey(folder.keyFile)
            } else { try passphrase.source.forNewKey(folder.keyFile) }
        let place = try folder.create(
            chain: chain, keyPEM: try KeyFile.pem(privateKey, passphrase: newSecret), profiles: .adopted,
            sharing: shared)
        try StandardStream.output().write(
            CAReport(directory: directory, certificate: issuer.certificate, ledger: place).bytes(
                json: output.json))
        if shared == nil {
            output.console.note(
                "assay: note: the ledger is new: what this CA issued elsewhere is not in it, neither for listing nor for "
                    + "revoking, and CRL numbers begin at 1; a CA that issues from several folders shares one ledger "
                    + "(--ledger)")
        }
        return .done
    }
}
