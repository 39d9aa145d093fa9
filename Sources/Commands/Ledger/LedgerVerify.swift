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
            trusted key of the store that no entry vouches for. With --checkpoint also entries that were cut off at \
            the end; --ca says whose signature on it counts. assay ca audit checks the certificates themselves. \
            Exit status 0: sound. 1: not.
            """)

    @Option(help: .init("A checkpoint of this ledger.", valueName: "file"))
    var checkpoint: String?

    @Option(
        help: .init(
            "The CA that signed the checkpoint: its folder or its certificate in PEM.", valueName: "path")
    )
    var ca: String?

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if (checkpoint == nil) != (ca == nil) {
            throw ValidationError("expected --checkpoint and --ca together, found one of them")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        var place: LedgerPosition?
        var said: LedgerReport.Checkpoint?
        if let checkpoint, let ca {
            let file = try CheckpointFile(path: checkpoint)
            let result = file.verified(by: try TrustedAuthority.read(ca))
            var failure: CheckFailure?
            switch result {
            case .success(let verified):
                place = LedgerPosition(
                    sequence: verified.checkpoint.sequence, hash: verified.checkpoint.hash)
            case .failure(let reason): failure = reason
            }
            said = .init(sequence: file.checkpoint.sequence, at: file.checkpoint.at, failure: failure)
        }
        let ledger = try store.open(.readOnly, output.console)
        let report = LedgerReport(
            schema: "assay.ledger/1", store: store.path, verdict: try ledger.verifyLedger(checkpoint: place),
            checkpoint: said)
        try StandardStream.output().write(report.bytes(json: output.json))
        return report.isSound ? .done : .rejected
    }
}
