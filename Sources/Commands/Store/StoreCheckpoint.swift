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
    @OptionGroup var checkpoint: CheckpointOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let folder = CAFolder(path: ca)
        try folder.checkIsWhole()
        let chain = try store.open(.readOnly, checkpoint.console)
        try checkpoint.sign(
            chain, "store", at: try store.path(), by: folder, clock, now: environment.now)
        return .done
    }
}
