import ArgumentParser
import Attestation
import Diagnostics
import InputOutput
import Intake

/// Where tokens come from; shared by all token commands.
struct TokenInputOptions: ParsableArguments {
    @OptionGroup var texts: TextInputOptions<Tokens>

    enum Tokens: TextInputKind {
        static let valueName = "token"
        static let argumentHelp =
            "Tokens, files of tokens, or - for standard input (the default without --input)."
        static let inputHelp = "Read tokens from this file."
        static let noun = "a token"
    }

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
        TokenStream(
            texts.sources, filesFrom: texts.list.filesFrom, format: format.format, delimiter: table.character)
    }

    var usesStandardInput: Bool { texts.usesStandardInput }

    func validate() throws { try table.demandTable(format == .csv || format == .auto) }
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
