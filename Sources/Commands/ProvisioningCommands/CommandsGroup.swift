import ArgumentParser

/// `assay commands`: what the Provisioning Service sends to devices.
struct CommandsGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commands",
        abstract:
            "Compose, check and send batches of provisioning commands, and show what devices get of them.",
        subcommands: [
            CommandsCompose.self, CommandsValidate.self, CommandsEncode.self, CommandsDecode.self,
            CommandsSubmit.self,
        ])
}
