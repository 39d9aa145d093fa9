import ArgumentParser

/// `assay account`
struct AccountGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Say whose an API key is at a service.",
        subcommands: [AccountShow.self])
}
