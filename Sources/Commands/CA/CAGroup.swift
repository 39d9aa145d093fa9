import ArgumentParser

/// `assay ca`
struct CAGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "Run a certificate authority for devices.",
        discussion: """
            A CA is a folder: ca.crt, its certificate with those above it, and ca.key, its private key, \
            encrypted and readable by its owner alone, profiles.json, which says what its certificates may hold, and \
            ca.json, which names its ledger: ledger.db beside it, or that of another CA.
            """,
        subcommands: [
            CAInit.self, CAImport.self, CAIssue.self, CAList.self, CAShow.self, CARevoke.self, CACRL.self,
            CAAudit.self, CAExport.self, CALedgerGroup.self,
        ])
}
