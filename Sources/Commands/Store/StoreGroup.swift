import ArgumentParser

/// `assay store`
struct StoreGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Say which store of devices is used, and prove that it was not changed.",
        discussion: """
            The store holds what belongs to no single CA: devices with their keys and how each came to be trusted, \
            tokens, and used nonces. It is the file of --store, else of $ASSAY_STORE, else assay/assay.db in $XDG_DATA_HOME \
            or in ~/.local/share; the current folder never decides. Certificates are in the ledgers of the CAs that \
            issued them: see assay ledger.
            """,
        subcommands: [StoreShow.self, StoreVerify.self, StoreCheckpoint.self, StoreUpgrade.self])
}
