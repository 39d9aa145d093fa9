import ArgumentParser

/// `assay modem`: a device at a serial port of this bench.
struct ModemGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modem",
        abstract: "Fetch tokens and keys from a modem at a serial port, and install credentials in it.",
        subcommands: [ModemTokens.self, ModemKeygen.self, ModemInstall.self, ModemList.self])
}
