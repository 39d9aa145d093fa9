import ArgumentParser

/// `assay ca ledger`
struct CALedgerGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Give a CA of the first version its ledger.",
        discussion: """
            A CA folder that has no ca.json is of the first version: what it issued is in a store, together with the \
            devices. assay ledger verifies and signs ledgers.
            """,
        subcommands: [CALedgerAttach.self])
}
