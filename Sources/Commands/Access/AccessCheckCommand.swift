import Access
import ArgumentParser
import DeviceIdentity
import Diagnostics
import InputOutput
import OpenSSL
import PKIX

/// `assay access check`
struct AccessCheckCommand: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Hold what a modem has, a chain, a key and a client id against what a connection needs.",
        discussion: """
            Takes a modem's answer to AT%CMNG=1, as a log or a terminal has it, and the files that should be on it: root CA, \
            device certificate (those above it may follow), private key. They are told apart by what is in them; each may \
            be left out. nrf-cloud and nrf-cloud-coap stand for the root CAs that assay commands compose writes by \
            these names.

            Says for each file whether the modem has it, in which form (LF, CR LF, with and without the last line end), and \
            what the use needs that is not there. Of keys no digest can be compared, which is said. Then the files \
            themselves: the form that modems take, the key of the certificate, the common name and the client id, \
            dates, key usages, and with --ca the chain to what the broker trusts.

            Each finding says who will notice: broker, modem or service. No private key is printed.

            Exit status 0: nothing speaks against it. 1: something does. 4: a file is malformed.

            EXAMPLES

              assay access check listing.txt root.pem device.pem --ca ca --client-id nrf-351358811111118
              assay access check listing.txt nrf-cloud --use fota --sec-tag 42
              assay access check device.pem device.key --ca ca --json
            """)

    @Argument(
        help: .init(
            "A listing, and files in PEM that the modem should have, or nrf-cloud; - is standard input.",
            valueName: "file"))
    var files: [String]

    @Option(help: .init("What for: mqtt (the default), rest, coap, fota or location.", valueName: "use"))
    var use: AccessUseChoice = .mqtt

    @Option(
        help: .init("The id that the device connects with; it has to be the common name.", valueName: "id"))
    var clientId: String?

    @OptionGroup var tag: SecTagOption

    @Option(
        help: .init(
            "A CA that the broker trusts: its folder, certificates in PEM or DER, or a folder of these; may be repeated.",
            valueName: "path"))
    var ca: [String] = []

    @Option(help: .init("Revocation lists, PEM or DER; may be repeated.", valueName: "file"))
    var crl: [String] = []

    @OptionGroup var moment: MomentOption

    @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        let fromStandardInput = files.count { $0 == "-" } + (passphrase.source.usesStandardInput ? 1 : 0)
        guard fromStandardInput <= 1 else {
            throw ValidationError("expected one input from standard input, found \(fromStandardInput)")
        }
        if ca.isEmpty, !crl.isEmpty {
            throw ValidationError("--crl: expected the CA that the broker trusts with --ca, found none")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let tag = try tag.value()
        let given = try AccessFiles(files, passphrase.source)
        var question = AccessCheck.Question(use: use.use, secTag: tag)
        question.listing = given.listing?.listing
        question.files = given.expected
        question.roots = given.roots.map { ($0.file, $0.certificates) }
        question.credentials = given.client.map {
            .init(file: $0.file, certificates: $0.certificates, key: given.key?.spki, clientID: clientId)
        }
        if !ca.isEmpty {
            question.trusted = try TrustFiles.anchors(ca)
            question.verifier = try verifier(question.trusted)
        }
        question.isOfConnection = !ca.isEmpty || clientId != nil
        let check = AccessCheck(question, at: moment.seconds(orNow: environment.now))
        let report = AccessCheckReport(
            question: question, source: given.listing?.source, clientID: clientId, check: check)
        try StandardStream.output().write(output.json ? report.json : report.text)
        conclude(check)
        return check.isAccepted ? .done : .rejected
    }

    private func verifier(_ anchors: [X509Certificate]) throws(ToolError) -> CertificateChainVerifier {
        let lists = try TrustFiles.revocationLists(crl)
        do throws(OpenSSLError) {
            return try CertificateChainVerifier(anchors: anchors, revocationLists: lists)
        } catch {
            throw ToolError(.internalFault, error.message)
        }
    }

    private func conclude(_ check: AccessCheck) {
        var codes: [String] = []
        for finding in check.findings where finding.severity == .error {
            if !codes.contains(finding.code.rawValue) { codes.append(finding.code.rawValue) }
        }
        if !output.json, !codes.isEmpty {
            output.console.note("assay: see: assay explain " + codes.prefix(3).joined(separator: " "))
        }
    }
}
