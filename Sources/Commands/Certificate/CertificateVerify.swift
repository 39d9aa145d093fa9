import Batches
import ArgumentParser
import Diagnostics
import InputOutput
import Intake
import JSON
import OpenSSL

/// `assay cert verify`
struct CertificateVerify: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify certificates and their chains up to a CA.",
        discussion: """
            Builds a chain (RFC 5280) from the first certificate of each file over the others of the file and over \
            --intermediates, none of which are trusted, to a certificate of --ca.

            Checks signatures, dates, CA and path constraints, names, key usages, certificate policies, the \
            purpose, and revocation where --crl gives lists: then the leaf's issuer must have one in force. Every \
            list of an issuer is asked: one that revokes suffices, also after its nextUpdate; one without \
            nextUpdate vouches for nothing. Delta, indirect and partial lists are refused.

            What RFC 5280 asks of a CA that issues, such as a key usage, key identifiers and positive serial \
            numbers, is a warning, and a rejection with --strict. RSA keys below 2048 bits and SHA-1 signatures \
            are rejected unless --allow-weak is said.

            Exit status 0: verified. 1: rejected. 4: malformed. 3: some of several.

            EXAMPLES

              assay cert verify --ca ca device.crt
              assay cert verify --ca root.pem --intermediates sub.pem --crl ca.crl device.crt
            """)

    @Argument(
        help: .init(
            "Files: the leaf first, intermediates may follow in any order; - is standard input.",
            valueName: "file"))
    var files: [String] = []

    @OptionGroup(title: "Input options") var list: InputListOptions

    @Option(
        help: .init(
            "A trusted CA: its folder, certificates in PEM or DER, or a folder of these; may be repeated.",
            valueName: "path"))
    var ca: [String]

    @Option(help: .init("More certificates for the chain, not trusted; may be repeated.", valueName: "pem"))
    var intermediates: [String] = []

    @Option(help: .init("Revocation lists, PEM or DER; may be repeated.", valueName: "file"))
    var crl: [String] = []

    @OptionGroup var moment: MomentOption

    @Option(help: .init("What the leaf is for; devices are TLS clients.", valueName: "purpose"))
    var purpose: CertificatePurposeChoice = .client

    @Flag(help: "Accept RSA keys of 1024 to 2047 bits, and before 2017 SHA-1; both are still reported.")
    var allowWeak = false

    @Flag(help: "Reject what RFC 5280 forbids a CA to issue, which otherwise is a warning.")
    var strict = false

    @OptionGroup(title: "Output options") var run: RunOptions

    func validate() throws {
        try list.demandInputs(files)
        if ca.isEmpty { throw ValidationError("expected the certificate of a CA with --ca, found none") }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let judge = try ChainJudge(
            anchors: TrustFiles.anchors(ca), intermediates: TrustFiles.certificates(intermediates),
            revocationLists: TrustFiles.revocationLists(crl),
            time: moment.seconds(orNow: environment.now), purpose: purpose.purpose,
            allowsWeak: allowWeak, isStrict: strict)
        let inputs = InputQueue(
            files.map { .file($0) }, filesFrom: list.filesFrom, for: CertificateStream.expected)
        let passedOver = inputs.passedOver
        return try run.run(.certificate, good: "verified", LeafSource(inputs: inputs), in: environment) {
            LeafJudge(judge, passedOver)
        }
    }
}
