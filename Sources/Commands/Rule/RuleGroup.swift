import ArgumentParser

/// `assay rule`: commands for all devices of a provisioning group.
struct RuleGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rule",
        abstract: "Compose provisioning rules, and send them.",
        subcommands: [RuleCompose.self, RuleSubmit.self, RuleList.self])
}
