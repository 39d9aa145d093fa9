import ArgumentParser
import Diagnostics
import InputOutput
import Store

/// `assay store checkpoint`
struct StoreCheckpoint: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Sign the head of the store's audit chain with a CA's key.",
        discussion: """
            The whole store is verified first; one that is not sound gets no checkpoint. Keep the file away from the \
            store: store verify --checkpoint then notices entries that were cut off at the end.

            EXAMPLES

              assay store checkpoint --ca ca -o checkpoint.json
            """)

    @Option(help: .init("The folder of the CA that signs.", valueName: "dir"))
    var ca: String

    @OptionGroup(title: "Further options") var clock: ClockOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Passphrase options") var passphrase: PassphraseOptions
    @OptionGroup(title: "Output options") var file: FileOptions

    @Flag(help: "Print no summary on standard error.")
    var quiet = false

    func run(in environment: Environment) throws -> ExitStatus {
        let console = Console(json: false, quiet: quiet)
        let folder = CAFolder(path: ca)
        try folder.checkIsWhole()
        let sink = try file.sink()
        let chain = try store.open(.readOnly, console)
        let verdict = try chain.verifyLedger()
        try verdict.demandSound(noun: "store", path: try store.path())
        try clock.checkReading(environment.now, chain)
        let issuer = try folder.load(passphrase.source, at: environment.now)
        let checkpoint = try CheckpointFile(verdict, by: issuer, at: environment.now)
        try sink.write(checkpoint.bytes)
        try sink.commit()
        console.note("assay: checkpoint of entry \(verdict.head.sequence)")
        return .done
    }
}
