import ArgumentParser
import Diagnostics
import InputOutput
import Intake

/// Where JWTs come from; shared by `inspect` and `verify`.
struct JWTInputOptions: ParsableArguments {
    @Argument(
        help: .init(
            "JWTs, files with one on each line, or - for standard input (the default without --input).",
            valueName: "jwt"))
    var tokens: [String] = []

    @Option(help: .init("Read JWTs from this file, one on each line.", valueName: "file"))
    var input: [String] = []

    @OptionGroup(title: "Input options") var list: InputListOptions

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("Take this as a JWT, whatever it looks like.", valueName: "jwt"))
    var text: [String] = []

    var stream: JWTStream { JWTStream(sources, filesFrom: list.filesFrom) }

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
        if tokens.isEmpty, text.isEmpty, input.isEmpty, list.filesFrom == nil, System.isTerminal(0) {
            throw ValidationError("expected a JWT, a file or --input, found nothing (- reads standard input)")
        }
    }
}
