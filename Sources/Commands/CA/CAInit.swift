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
            no option names its source. An intermediate gets path length 0 unless --path-length says more.
            """)

    @Argument(help: .init("The folder of the new CA.", valueName: "dir"))
    var directory: String

    @OptionGroup var subject: SubjectOptions

    @Option(
        help: .init("Days of validity; 7300 for a root, 5475 for an intermediate by default.", valueName: "n")
    )
    var days: Int?

    @Option(help: .init("The folder of the CA that signs the new CA's certificate.", valueName: "dir"))
    var issuer: String?

    @Option(help: .init("How many CAs may stand below the new one, one under the other.", valueName: "n"))
    var pathLength: UInt8?

    @Option(help: .init("p256, p384, ed25519 or rsa3072.", valueName: "type"))
    var type: KeyTypeChoice = .p256

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var issuerPassphrase: IssuerPassphraseOptions
    @OptionGroup var output: OutputOptions

    /// An intermediate outlives the device certificates of ten years that it signs in its first five years,
    /// and ends before the root of twenty years that is as old or five years older.
    private static let defaultDays = (root: 7300, intermediate: 5475)

    func validate() throws {
        if let days, !(1...CertificateProfile.maximumDays ~= days) {
            throw ValidationError("--days must be 1…\(CertificateProfile.maximumDays), found \(days)")
        }
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
        let name = try subject.name()
        let parent: Issuer? =
            if let issuer {
                try CAFolder(path: issuer).load(issuerPassphrase.source, at: environment.now)
            } else { nil }
        let secret = try passphrase.source.forNewKey(folder.keyFile)
        let key = try KeyGenerate.generate(type.kind)
        let serial = try CertificateSerial.fresh()
        let chain: [[UInt8]]
        if let parent {
            let request = AuthorityRequest(
                subject: name, days: days ?? Self.defaultDays.intermediate, pathLength: pathLength ?? 0,
                serial: serial)
            let certificate = try AuthorityCertificate.intermediate(
                request, publicKey: key.publicKey, issuer: parent, at: environment.now)
            chain = [certificate] + parent.chain
        } else {
            let request = AuthorityRequest(
                subject: name, days: days ?? Self.defaultDays.root, pathLength: pathLength, serial: serial)
            chain = [try AuthorityCertificate.root(request, key: key, at: environment.now)]
        }
        // What the next command would refuse is not written.
        let made = try Issuer(chain: chain, key: key, at: environment.now)
        try folder.create(chain: chain, keyPEM: try KeyFile.pem(key, passphrase: secret))
        try StandardStream.output().write(
            CAReport(directory: directory, issuer: made).bytes(json: output.json))
        return .done
    }
}
