import ArgumentParser

/// `assay claim`: from files of stored tokens to claimed devices.
struct ClaimGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claim",
        abstract: "Check files of stored attestation tokens, and claim their devices.",
        subcommands: [
            ClaimCheck.self, ClaimPack.self, ClaimSubmit.self, ClaimStatusCommand.self, ClaimOnboard.self,
        ])
}
