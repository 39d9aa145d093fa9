import ArgumentParser
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
            Makes a key and a certificate in a new folder. The passphrase is asked for on the terminal when \
            no option names its source. The folder gets a profiles.json, which says what the CA's certificates may \
            hold: edit it (man assay-formats), or put your own there before. It also gets a ledger, ledger.db, in which \
            all that the CA issues is entered, and a ca.json, which names it; --ledger shares that of another CA instead. \
            The ledger belongs to the CA: keep the folder together, and never use two copies of it. An intermediate is made under the \
            profile intermediate of its issuer: path length 0 unless --path-length says more.
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
    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var issuerPassphrase: IssuerPassphraseOptions
    @OptionGroup var output: OutputOptions

    /// The profile of the issuer under which an intermediate is made.
    private static let profile = "intermediate"

    func validate() throws {
        try days?.validate()
        if issuer == nil, issuerPassphrase.source != .unstated {
            throw ValidationError("expected --issuer with the options for its passphrase")
        }
        if passphrase.source.usesStandardInput, issuerPassphrase.source.usesStandardInput {
            throw ValidationError("expected one passphrase from standard input, found two")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let folder = CAFolder(path: directory)
        try folder.checkIsFree()
        let shared = try ledger.shared()
        let name = try subject.name()
        let parent = try issuer.map {
            try Parent(CAFolder(path: $0), issuerPassphrase.source, environment.now)
        }
        let secret = try passphrase.source.forNewKey(folder.keyFile)
        let key = try KeyGenerate.generate(type.kind)
        let serial = try CertificateSerial.fresh()
        let chain: [[UInt8]]
        if let parent {
            let profile = parent.profile
            let request = AuthorityRequest(
                subject: name, lifetime: days?.lifetime ?? profile.validity.lifetime,
                pathLength: try profile.pathLength(asked: pathLength), serial: serial)
            let certificate = try AuthorityCertificate.intermediate(
                request, publicKey: key.publicKey, issuer: parent.issuer, profile: profile,
                at: environment.now)
            chain = [certificate] + parent.issuer.chain
        } else {
            let request = AuthorityRequest(
                subject: name, lifetime: days?.lifetime ?? .days(7300), pathLength: pathLength, serial: serial
            )
            chain = [try AuthorityCertificate.root(request, key: key, at: environment.now)]
        }
        // What the next command would refuse is not written.
        let made = try Issuer(chain: chain, key: key, at: environment.now)
        let place = try folder.create(
            chain: chain, keyPEM: try KeyFile.pem(key, passphrase: secret), sharing: shared)
        try StandardStream.output().write(
            CAReport(directory: directory, certificate: made.certificate, ledger: place).bytes(
                json: output.json))
        return .done
    }

    /// The CA above a new one, and its profile for CAs below it.
    private struct Parent {
        let issuer: Issuer
        let profile: CertificateProfile

        init(_ folder: CAFolder, _ passphrase: PassphraseSource, _ now: Int64) throws(ToolError) {
            let profiles = try folder.profiles()
            issuer = try folder.load(passphrase, at: now)
            // A folder of an earlier version has no document, and made intermediates all the same.
            profile = profiles.isFromDocument ? try profiles.named(CAInit.profile) : .intermediate
            guard profile.extensionRule.isAuthority else {
                throw ToolError(
                    .profile, "profile \(profile.name) makes no CAs",
                    context: [.init("file", folder.profilesFile.escapedForTerminal)])
            }
        }
    }
}
