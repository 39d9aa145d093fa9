import ArgumentParser
import Batches
import Diagnostics
import InputOutput
import Intake
import JSON
import OpenSSL
import PKIX

/// `assay cert inspect`
struct CertificateInspect: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Decode certificates without verifying them.",
        discussion: """
            Prints what each certificate says: names, validity, key, usages, identifiers, digests. Nothing of it is \
            verified. Takes DER, and PEM with one or many certificates. Other PEM blocks, such as private keys, \
            are passed over and never printed.

            EXAMPLES

              assay cert inspect device.crt
              assay cert inspect --json chain.pem
            """)

    @Argument(help: .init("Files of certificates, or - for standard input.", valueName: "file"))
    var files: [String] = []

    @OptionGroup(title: "Input options") var list: InputListOptions

    @OptionGroup(title: "Output options") var run: RunOptions

    func validate() throws { try list.demandInputs(files) }

    func run(in environment: Environment) throws -> ExitStatus {
        let stream = CertificateStream(files, filesFrom: list.filesFrom)
        return try run.run(.certificate, good: "decoded", stream, in: environment) {
            CertificateJudge<CertificateReport>(
                read: { der, location in
                    X509Certificate.read(der: der).map {
                        CertificateReport(location: location, certificate: $0, verdict: .unverified)
                    }
                },
                malformed: { failure, location in
                    CertificateReport(location: location, verdict: .malformed, failures: [failure])
                })
        }
    }
}
