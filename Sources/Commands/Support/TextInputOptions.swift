import ArgumentParser
import InputOutput

/// What inputs are that fit into an argument: tokens, JWTs.
protocol TextInputKind {
    /// What one is called where its value stands: `token`.
    static var valueName: String { get }
    static var argumentHelp: String { get }
    static var inputHelp: String { get }
    /// With its article: `a token`.
    static var noun: String { get }
}

/// Inputs as arguments, in files and from standard input.
struct TextInputOptions<Kind: TextInputKind>: ParsableArguments {
    @Argument(help: .init("\(Kind.argumentHelp)", valueName: Kind.valueName))
    var arguments: [String] = []

    @Option(help: .init("\(Kind.inputHelp)", valueName: "file"))
    var input: [String] = []

    @OptionGroup(title: "Input options") var list: InputListOptions

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init("Take this as \(Kind.noun), whatever it looks like.", valueName: Kind.valueName))
    var text: [String] = []

    /// Standard input where nothing else is named.
    var sources: [SourceArgument] {
        var sources = arguments.enumerated().map { SourceArgument.resolve($1, position: $0 + 1) }
        sources += text.enumerated().map { .text($1, position: arguments.count + $0 + 1) }
        sources += input.map { .file($0) }
        return namesNothing ? [.file("-")] : sources
    }

    private var namesNothing: Bool {
        arguments.isEmpty && text.isEmpty && input.isEmpty && list.filesFrom == nil
    }

    /// Whether standard input is among them.
    var usesStandardInput: Bool {
        (arguments + input).contains("-") || list.filesFrom == "-" || namesNothing
    }

    /// Waiting for a person to type tokens is never what was meant.
    func validate() throws {
        try list.demandOneReader(arguments + input)
        if namesNothing, System.isTerminal(0) {
            throw ValidationError(
                "expected \(Kind.noun), a file or --input, found nothing (- reads standard input)")
        }
    }
}
