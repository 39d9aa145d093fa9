import ArgumentParser
import Diagnostics
import InputOutput

/// `assay csr`
struct CSRGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "csr", abstract: "Make, read and verify certification requests.",
        subcommands: [CSRCreate.self, CSRInspect.self, CSRVerify.self])
}

/// Where requests come from.
struct RequestInputOptions: ParsableArguments {
    @Argument(
        help: .init(
            "Files or folders of requests (PEM, DER, %KEYGEN tokens, modem logs, CSV, JSON Lines), tokens, "
                + "or - for standard input.", valueName: "input"))
    var inputs: [String]

    /// Whether standard input is among them.
    var usesStandardInput: Bool { inputs.contains("-") }

    var stream: RequestStream { RequestStream(inputs) }
}
