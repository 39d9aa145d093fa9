import ArgumentParser
import Batches
import CertificateAuthority
import Diagnostics
import InputOutput
import Intake
import JSON
import PKIX

/// `assay cert lint`
struct CertificateLintCommand: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Hold certificates against RFC 5280 and a profile.",
        discussion: """
            Reads each certificate and names every rule that it breaks: the checks that assay ca issue makes before it \
            signs, for a certificate from anywhere. With --profile also the profile's rules, from profiles.json in the \
            folder of --ca, or the built-in profiles without it. With --ca also whether that CA issued it. Nothing is \
            said about trust: that is for assay cert verify. Exit status 0: no errors, warnings there may be. 1: errors. \
            4: malformed. 3: some of several.

            EXAMPLES

              assay cert lint device.crt
              assay cert lint --profile device --ca ca certificates/
            """)

    @Argument(help: .init("Files of certificates, or - for standard input.", valueName: "file"))
    var files: [String] = []

    @OptionGroup(title: "Input options") var list: InputListOptions

    @Option(
        help: .init("The profile that the certificates should keep.", valueName: "name"),
        completion: .list(ProfileSet.standard.all.map(\.name)))
    var profile: String?

    @Option(
        help: .init(
            "The CA that should have issued them: its folder or its certificate in PEM.", valueName: "path"))
    var ca: String?

    @OptionGroup(title: "Output options") var run: RunOptions

    func validate() throws { try list.demandInputs(files) }

    func run(in environment: Environment) throws -> ExitStatus {
        let (examiner, profile) = (try examiner(), profile)
        let stream = CertificateStream(files, filesFrom: list.filesFrom)
        return try run.run(.certificate, good: "without errors", stream, in: environment) {
            CertificateJudge<LintReport>(
                read: { der, location in
                    CertificateReading.read(der).map {
                        LintReport(
                            location: location, certificate: $0, profile: profile,
                            findings: examiner.findings(in: $0))
                    }
                },
                malformed: { failure, location in
                    LintReport(location: location, profile: profile, failures: [failure])
                })
        }
    }

    private func examiner() throws(ToolError) -> CertificateExaminer {
        let authority = try ca.map { path throws(ToolError) in try TrustedAuthority.read(path) }
        guard let profile else { return CertificateExaminer(authority: authority) }
        let profiles =
            try ca.map { path throws(ToolError) in try TrustedAuthority.profiles(path) } ?? .standard
        return CertificateExaminer(profile: try profiles.named(profile), authority: authority)
    }
}

extension CertificateReading {
    /// Reads a certificate in DER, or says why it is none.
    fileprivate static func read(_ der: [UInt8]) -> Result<CertificateReading, CheckFailure> {
        do throws(DERError) {
            return .success(try CertificateReading(certificate: der))
        } catch {
            guard let found = ForeignDER(der), found != .certificate else {
                return .failure(error.checkFailure)
            }
            return .failure(found.noCertificate)
        }
    }
}
