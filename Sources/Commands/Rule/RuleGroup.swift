import ArgumentParser

/// `assay rule`: commands for all devices of a provisioning group.
struct RuleGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rule",
        abstract: "Compose provisioning rules.",
        subcommands: [RuleCompose.self])
}
