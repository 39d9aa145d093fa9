import ArgumentParser
import Attestation
import Diagnostics
import InputOutput
import Intake

/// Where tokens come from; shared by all token commands.
struct TokenInputOptions: ParsableArguments {
    @Argument(
        help: .init(
            "Tokens, files of tokens, or - for standard input (the default without --input).",
            valueName: "token"))
    var tokens: [String] = []

    @Option(help: .init("Read tokens from this file.", valueName: "file"))
    var input: [String] = []

    @OptionGroup(title: "Input options") var list: InputListOptions

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("Take this as a token, whatever it looks like.", valueName: "token"))
    var text: [String] = []

    @Option(
        help: .init(
            "lines: one token a line; csv: imei,uuid,token,time; at: a modem log; auto finds out.",
            valueName: "format"))
    var format: TokenFormatChoice = .auto

    @OptionGroup(title: "Input options") var table: TableOptions

    @Flag(help: "Accept base64 padding, and say so.")
    var lenientBase64 = false

    var base64: AttestationToken.Base64Rule { lenientBase64 ? .lenient : .strict }

    /// What is said at the end where `--lenient-base64` accepted padding.
    static let paddingRemark: @Sendable (Int) -> String = {
        "assay: note: accepted base64 padding in \($0) \($0 == 1 ? "token" : "tokens")"
    }

    var stream: TokenStream {
        TokenStream(sources, filesFrom: list.filesFrom, format: format.format, delimiter: table.character)
    }

    private var sources: [SourceArgument] {
        var sources = tokens.enumerated().map { SourceArgument.resolve($1, position: $0 + 1) }
        sources += text.enumerated().map { .text($1, position: tokens.count + $0 + 1) }
        sources += input.map { .file($0) }
        return sources.isEmpty && list.filesFrom == nil ? [.file("-")] : sources
    }

    /// Whether standard input is among them.
    var usesStandardInput: Bool {
        (tokens + input).contains("-") || list.filesFrom == "-"
            || tokens.isEmpty && text.isEmpty && input.isEmpty && list.filesFrom == nil
    }

    /// Waiting for a person to type tokens is never what was meant.
    func validate() throws {
        try list.demandOneReader(tokens + input)
        try table.demandTable(format == .csv || format == .auto)
        if tokens.isEmpty, text.isEmpty, input.isEmpty, list.filesFrom == nil, System.isTerminal(0) {
            throw ValidationError(
                "expected a token, a file or --input, found nothing (- reads standard input)")
        }
    }
}

/// The values of `--format`.
enum TokenFormatChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, lines, csv, at

    var format: TokenFormat? {
        switch self {
        case .auto: nil
        case .lines: .lines
        case .csv: .csv
        case .at: .modemLog
        }
    }
}
