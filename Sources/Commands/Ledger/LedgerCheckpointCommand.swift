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
            store: ledger verify --checkpoint then notices entries that were cut off at the end.
            """)

    @Option(help: .init("The folder of the CA.", valueName: "dir"))
    var ca: String

    @OptionGroup var clock: ClockOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var file: FileOptions

    @Flag(help: "Print no summary on standard error.")
    var quiet = false

    func run(in environment: Environment) throws -> ExitStatus {
        let console = Console(json: false, quiet: quiet)
        let sink = try file.sink()
        let ledger = try store.open(.readOnly, console)
        let verdict = try ledger.verifyLedger()
        guard verdict.isSound else {
            throw ToolError(
                .digest, "the ledger is not sound, \(verdict.findingCount) findings: nothing was signed",
                context: [.init("file", store.path.escapedForTerminal)],
                hint: "assay ledger verify names them")
        }
        try clock.checkReading(environment.now, ledger)
        let issuer = try CAFolder(path: ca).load(passphrase.source, at: environment.now)
        let checkpoint = LedgerCheckpoint(
            sequence: verdict.head.sequence, hash: verdict.head.hash, at: environment.now,
            authority: issuer.identity)
        let signature = try checkpoint.signature(by: issuer)
        try sink.write(
            CheckpointFile(checkpoint, algorithm: issuer.algorithm, signature: signature).bytes)
        try sink.commit()
        console.note("assay: checkpoint of entry \(checkpoint.sequence)")
        return .done
    }
}
