import ArgumentParser
import Intake

/// Where JWTs come from; shared by `inspect` and `verify`.
struct JWTInputOptions: ParsableArguments {
    @OptionGroup var texts: TextInputOptions<JWTs>

    enum JWTs: TextInputKind {
        static let valueName = "jwt"
        static let argumentHelp =
            "JWTs, files with one on each line, or - for standard input (the default without --input)."
        static let inputHelp = "Read JWTs from this file, one on each line."
        static let noun = "a JWT"
    }

    var stream: JWTStream { JWTStream(texts.sources, filesFrom: texts.list.filesFrom) }

    var usesStandardInput: Bool { texts.usesStandardInput }
}
