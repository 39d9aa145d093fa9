import ArgumentParser
import CertificateAuthority
import Diagnostics
import InputOutput
import Store

/// `assay ledger verify`
struct LedgerVerify: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify the audit chain and compare it with the ledger.",
        discussion: """
            Names every entry that was edited, removed, added or moved, and every certificate, revocation, CRL or \
            trusted key that no entry vouches for. The ledger is the one that the folder of --ca names. With --checkpoint \
            also entries that were cut off at the end; the signature of one of --ca has to be on it. assay ca audit checks the certificates themselves. \
            Exit status 0: sound. 1: not.

            EXAMPLES

              assay ledger verify --ca ca
              assay ledger verify --ca ca --checkpoint checkpoint.json
            """)

    @Option(help: .init("A checkpoint of this ledger.", valueName: "file"))
    var checkpoint: String?

    @Option(
        help: .init(
            "The folder of the CA; repeatable: others that share its ledger, or certificates in PEM, whose checkpoints "
                + "count too.", valueName: "path")
    )
    var ca: [String] = []

    @OptionGroup(title: "Further options") var retired: RetiredStoreOption
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        if ca.isEmpty { throw ValidationError("expected --ca, the folder of the CA, found none") }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let authorities = try LedgerAuthorities(ca)
        let known = try checkpoint.map { path throws(ToolError) in
            try KnownCheckpoint(path, signedBy: authorities.known)
        }
        let ledger = try authorities.place.open(.readOnly)
        var report = LedgerReport(
            schema: "assay.ledger/1", place: authorities.place,
            verdict: try ledger.verifyLedger(checkpoint: known?.position))
        report.checkpoint = known?.report
        try StandardStream.output().write(report.bytes(json: output.json))
        return report.isSound ? .done : .rejected
    }
}
