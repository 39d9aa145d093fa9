import ArgumentParser

/// `assay ledger`
struct LedgerGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Prove that nothing in the ledger was changed.",
        discussion: """
            Every certificate, revocation and CRL of a CA is an entry of a chain in its ledger, each entry \
            bound to the one before it by its hash. verify finds what was edited, removed or moved. What is cut \
            off at the end only a checkpoint shows: keep checkpoints somewhere else than the ledger.
            """,
        subcommands: [LedgerVerify.self, LedgerCheckpointCommand.self])
}
