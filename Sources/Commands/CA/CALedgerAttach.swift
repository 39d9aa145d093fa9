import ArgumentParser
import CertificateAuthority
import Diagnostics
import InputOutput
import Store

/// `assay ca ledger attach`
struct CALedgerAttach: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Take what a CA of the first version issued out of its store, into its ledger.",
        discussion: """
            Makes ledger.db and ca.json in the folder of a CA that has none. The ledger gets all certificates, intents, \
            revocations and CRLs of the store and its whole audit chain, so that the same request gets the same \
            certificate and checkpoints stay good. Nothing is removed from the store: it remains the store of the \
            devices, is brought up to date, and is not opened by an older assay any more. CAs that issued into one store \
            share one ledger: that of the CA that is attached first.

            Stop what else uses the store first. A run that was interrupted is simply run again; running it once more \
            changes nothing. A store without certificates of the CA is refused, unless it has none at all.

            EXAMPLES
              assay ca ledger attach ca --store assay.db
            """)

    @Argument(help: .init("The folder of the CA.", valueName: "dir"))
    var directory: String

    @Option(help: .init("The store that the CA issued with.", valueName: "file"))
    var store: String?

    @Option(
        help: .init(
            "The ledger of another CA of that store, its folder or its ledger.db, if that is not where it was.",
            valueName: "path"))
    var ledger: String?

    @Flag(help: "Make an empty ledger: the CA never issued anything.")
    var neverIssued = false

    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        if neverIssued == (store != nil) {
            throw ValidationError(
                "expected one of --store and --never-issued, found \(neverIssued ? "both" : "none")")
        }
        if neverIssued, ledger != nil {
            throw ValidationError("expected --store with --ledger, found --never-issued")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let folder = CAFolder(path: directory)
        try folder.checkIsAttachable()
        let known = try TrustedAuthority.read(directory)
        let note: String
        if let store {
            let attachment = try LedgerAttachment(
                folder, authority: known.identity, store: store, ledger: ledger, at: environment.now)
            note = try attachment.run()
        } else {
            note = try folder.beginLedger()
        }
        let place = try folder.ledger()
        let verdict = try place.open(.readOnly).verifyLedger()
        try StandardStream.output().write(
            CAReport(directory: directory, certificate: known.certificate, ledger: place).bytes(
                json: output.json))
        if !verdict.isSound {
            output.console.note(
                "assay: note: the ledger is not sound, as the store was not: assay ledger verify names "
                    + "\(verdict.findingCount) findings")
        }
        output.console.note("assay: \(note)")
        return .done
    }
}
