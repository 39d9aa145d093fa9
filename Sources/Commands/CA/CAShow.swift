import ArgumentParser
import CertificateAuthority
import Diagnostics
import InputOutput
import JSON
import Ledger
import PKIX
import Store

/// `assay ca show`
struct CAShow: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a CA, or a certificate that it issued and what became of it.",
        discussion: """
            With the folder of a CA: its certificate and its ledger. With --ca and a serial number, or a file with a \
            certificate that the CA issued: what the CA's ledger says of that certificate.

            EXAMPLES

              assay ca show ca
              assay ca show 0d02123531bf95574e33a4035de5d4de3da2c838 --ca ca
            """)

    @Argument(
        help: .init(
            "The folder of a CA; with --ca the serial number of a certificate, in hex, or its file.",
            valueName: "dir|serial|file"), completion: SerialCompletion.offering(nil))
    var subject: String

    @Option(help: .init("The folder of the CA that issued the certificate.", valueName: "dir"))
    var ca: String?

    @OptionGroup(title: "Further options") var retired: RetiredStoreOption
    @OptionGroup(title: "Output options") var output: OutputOptions

    func run(in environment: Environment) throws -> ExitStatus {
        if let ca { return try show(serial: subject, of: CAFolder(path: ca), at: environment.now) }
        // A name such as ca is a number in hex too: without --ca it is the folder.
        if FileSystem.kind(of: subject) == nil, CertificateSerial(subject) != nil {
            throw ToolError(
                .usage, "expected --ca with a serial number, found none",
                hint: "assay ca show \(subject.escapedForTerminal) --ca DIR")
        }
        let place = try CAFolder(path: subject).ledger()
        let known = try TrustedAuthority.read(subject)
        try StandardStream.output().write(
            CAReport(directory: subject, certificate: known.certificate, ledger: place).bytes(
                json: output.json))
        return .done
    }

    private func show(serial: String, of folder: CAFolder, at now: Int64) throws(ToolError) -> ExitStatus {
        let argument = try IssuedCertificateFile.meaning(of: serial)
        let place = try folder.ledger()
        let known = try TrustedAuthority.read(folder.path)
        let authority = known.identity
        let ledger = try place.open(.readOnly)
        let number: CertificateSerial
        switch argument {
        case .serial(let serial): number = serial
        case .file(let path): number = try IssuedCertificateFile(ledger, of: known).serial(path)
        case .unknown:
            throw IssuedCertificateFile.missing
        }
        guard let record = try ledger.issuance(ofSerial: number.magnitude), record.authority == authority
        else {
            throw ToolError(
                .unknownKey, "the CA issued no certificate with the serial number \(number)",
                hint: "assay ca list shows them")
        }
        var report = try IssuanceRecordReport(record, of: ledger, at: now)
        report.replacedBy = try ledger.serial(replacingRow: record.id)
        report.showsCertificate = true
        try output.show(text: report.text) { report.write(json: &$0) }
        return .done
    }
}
