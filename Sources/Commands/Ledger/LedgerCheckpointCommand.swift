import ArgumentParser
import CertificateAuthority
import Diagnostics
import InputOutput
import Store

/// `assay ledger checkpoint`
struct LedgerCheckpointCommand: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Sign the head of the audit chain with a CA's key.",
        discussion: """
            The whole ledger is verified first; one that is not sound gets no checkpoint. Keep the file away from the \
            ledger: ledger verify --checkpoint then notices entries that were cut off at the end.

            EXAMPLES

              assay ledger checkpoint --ca ca -o checkpoint.json
            """)

    @Option(help: .init("The folder of the CA.", valueName: "dir"))
    var ca: String

    @OptionGroup(title: "Further options") var clock: ClockOptions
    @OptionGroup(title: "Further options") var retired: RetiredStoreOption
    @OptionGroup var checkpoint: CheckpointOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let folder = CAFolder(path: ca)
        let place = try folder.ledger()
        try checkpoint.sign(
            try place.open(.readOnly), "ledger", at: place.path, by: folder, clock, now: environment.now)
        return .done
    }
}
