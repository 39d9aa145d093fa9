import Batches
import ArgumentParser
import Diagnostics
import InputOutput
import Intake

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
    var inputs: [String] = []

    @OptionGroup(title: "Input options") var list: InputListOptions

    @Option(
        help: .init(
            "pem or at: PEM blocks, tokens and answers among other text; lines: one token a line; csv; jsonl; der; "
                + "auto finds out.", valueName: "format"))
    var format: RequestFormatChoice = .auto

    @OptionGroup(title: "Input options") var table: TableOptions

    /// Whether standard input is among them.
    var usesStandardInput: Bool { inputs.contains("-") || list.filesFrom == "-" }

    var stream: RequestStream {
        RequestStream(inputs, filesFrom: list.filesFrom, format: format.format, delimiter: table.character)
    }

    /// Keeps results from replacing what is going to be read, for a run that does more than write results. What a list
    /// of files names is found when it is read.
    func keep() {
        for path in inputs + [list.filesFrom].compactMap(\.self) { FileRegister.keep(path, as: .input) }
    }

    func validate() throws {
        try list.demandInputs(inputs)
        try table.demandTable(format == .csv || format == .auto)
    }
}
