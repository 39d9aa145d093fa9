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
    @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions
    @OptionGroup(title: "Output options") var file: FileOptions

    @Flag(help: "Print no summary on standard error.")
    var quiet = false

    func run(in environment: Environment) throws -> ExitStatus {
        let console = Console(json: false, quiet: quiet)
        let folder = CAFolder(path: ca)
        let place = try folder.ledger()
        let sink = try file.sink()
        let ledger = try place.open(.readOnly)
        let verdict = try ledger.verifyLedger()
        try verdict.demandSound(noun: "ledger", path: place.path)
        try clock.checkReading(environment.now, ledger)
        let issuer = try folder.load(passphrase.source, at: environment.now)
        let checkpoint = try CheckpointFile(verdict, by: issuer, at: environment.now)
        try sink.write(checkpoint.bytes)
        try sink.commit()
        console.note("assay: checkpoint of entry \(verdict.head.sequence)")
        return .done
    }
}
