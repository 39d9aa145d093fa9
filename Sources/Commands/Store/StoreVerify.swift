import ArgumentParser
import CertificateAuthority
import Diagnostics
import InputOutput
import Store

/// `assay store verify`
struct StoreVerify: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify the audit chain of the store and compare it with the devices.",
        discussion: """
            Names every entry that was edited, removed, added or moved, and every device, key, piece of evidence, token \
            and used nonce that is not what its entry says, or for which there is none. man assay-formats says what the \
            chain covers, column by column. \
            With --checkpoint also entries that were cut off at the end; --ca says whose signature on it counts. \
            Exit status 0: sound. 1: not.

            EXAMPLES

              assay store verify --store devices.db
            """)

    @Option(help: .init("A checkpoint of this store.", valueName: "file"))
    var checkpoint: String?

    @Option(
        help: .init(
            "A CA whose signature on the checkpoint counts: its folder or its certificate in PEM; repeatable.",
            valueName: "path"))
    var ca: [String] = []

    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        if (checkpoint == nil) != ca.isEmpty {
            throw ValidationError("expected --checkpoint and --ca together, found one of them")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let authorities = try ca.map(TrustedAuthority.read)
        let known = try checkpoint.map { path throws(ToolError) in
            try KnownCheckpoint(path, signedBy: authorities)
        }
        let store = try store.open(.readOnly, output.console)
        guard let identity = store.identity else {
            throw ToolError(.internalFault, "an open store has no id")
        }
        var report = LedgerReport(
            schema: "assay.store-verification/1", path: try self.store.path(), id: identity.id, kind: .store,
            verdict: try store.verifyLedger(checkpoint: known?.position))
        report.devices = try store.content().devices
        report.checkpoint = known?.report
        try StandardStream.output().write(report.bytes(json: output.json))
        return report.isSound ? .done : .rejected
    }
}
