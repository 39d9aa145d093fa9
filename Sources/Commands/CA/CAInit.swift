import ArgumentParser
import CommandLineSupport
import CertificateAuthority
import Diagnostics
import InputOutput
import OpenSSL
import PKIX

/// `assay ca init`
struct CAInit: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a new CA: a root, or an intermediate under another CA.",
        discussion: """
            Makes a key and a certificate in a new folder. The passphrase is asked for on the terminal when no \
            option names its source.

            The folder gets a profiles.json, which says what the CA's certificates may hold: edit it (man \
            assay-formats), or put your own there before.

            It also gets a ledger, ledger.db, in which all that the CA issues is entered, and a ca.json, which \
            names it; --ledger shares that of another CA instead. The ledger belongs to the CA: keep the folder \
            together, and never use two copies of it.

            An intermediate is made under the profile intermediate of its issuer: path length 0 unless \
            --path-length says more. Its certificate is entered in the issuer's ledger as what the issuer issues \
            for devices is, under the profile name ca:intermediate: assay ca list, show, audit, revoke and crl \
            with --ca ISSUER are about it too. It is entered before the folder has it. A run that dies in between \
            leaves a folder without ca.crt, which is called half-made: remove what is in it, revoke the \
            certificate that the issuer's ledger has, and run the command again. A new certificate for a name that \
            has a valid one, as in a renewal, is made with a note: both count until the old one is revoked.

            EXAMPLES

              assay ca init ca --subject 'CN=Factory CA'
              assay ca init line-7 --issuer ca --subject 'CN=Line 7 CA'
            """)

    @Argument(help: .init("The folder of the new CA.", valueName: "dir"))
    var directory: String

    @OptionGroup var subject: SubjectOptions

    @Option(
        help: .init(
            "Days of validity, or never; 7300 for a root by default, what the issuer's profile says for an "
                + "intermediate.", valueName: "n")
    )
    var days: LifetimeArgument?

    @Option(help: .init("The folder of the CA that signs the new CA's certificate.", valueName: "dir"))
    var issuer: String?

    @Option(help: .init("How many CAs may stand below the new one, one under the other.", valueName: "n"))
    var pathLength: UInt8?

    @Option(help: .init("p256, p384, ed25519 or rsa3072.", valueName: "type"))
    var type: KeyTypeChoice = .p256

    @OptionGroup var ledger: NewLedgerOptions
    @OptionGroup(title: "Further options") var clock: ClockOptions
    @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions
    @OptionGroup(title: "Passphrase options") var issuerPassphrase: SecretOptions<IssuerPassphrase>
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        try days?.validate()
        if issuer == nil, issuerPassphrase.source != nil {
            throw ValidationError("expected --issuer with the options for its passphrase")
        }
        if issuer == nil, clock.acceptClock {
            throw ValidationError("expected --issuer with --accept-clock: a new ledger has no entry yet")
        }
        try PassphraseSource.demandOneReader(passphrase.source, issuerPassphrase.passphrase)
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let folder = CAFolder(path: directory)
        try folder.checkIsFree()
        let shared = try ledger.shared()
        let name = try subject.name()
        let parent = try issuer.map { path throws(ToolError) in
            try ParentAuthority(
                CAFolder(path: path), issuerPassphrase.passphrase, clock, console: output.console,
                now: environment.now)
        }
        let secret = try passphrase.source.forNewKey(folder.keyFile)
        let key = try KeyGenerate.generate(type.kind)
        let serial = try CertificateSerial.fresh()
        let made: (certificate: ParsedCertificate, ledger: LedgerPlace)
        let keyPEM = try KeyFile.pem(key, passphrase: secret)
        if let parent {
            let request = AuthorityRequest(
                subject: name, lifetime: days?.lifetime ?? parent.profile.validity.lifetime,
                pathLength: try parent.profile.pathLength(asked: pathLength), serial: serial)
            made = try parent.make(folder, request, key: key, keyPEM: keyPEM, sharing: shared)
        } else {
            let request = AuthorityRequest(
                subject: name, lifetime: days?.lifetime ?? .days(7300), pathLength: pathLength, serial: serial
            )
            let chain = [try AuthorityCertificate.root(request, key: key, at: environment.now)]
            // What the next command would refuse is not written.
            let issuer = try Issuer(chain: chain, key: key, at: environment.now)
            made = (issuer.certificate, try folder.create(chain: chain, keyPEM: keyPEM, sharing: shared))
        }
        try StandardStream.output().write(
            CAReport(directory: directory, certificate: made.certificate, ledger: made.ledger).bytes(
                json: output.json))
        return .done
    }
}
