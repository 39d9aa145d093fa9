import ArgumentParser

/// `assay token`: what modems answer to %ATTESTTOKEN and %KEYGEN.
struct TokenGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Decode and verify attestation tokens and key-generation outputs.",
        subcommands: [TokenInspect.self, TokenVerify.self, TokenRecoverKey.self, TokenChallenge.self])
}
