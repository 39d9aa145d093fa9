import ArgumentParser
import Diagnostics
import InputOutput
import Intake

/// `assay jwt inspect`
struct JWTInspect: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Decode JWTs without verifying them.",
        discussion: """
            Prints the header and the claims of each token, and the device that iss names. Nothing of it is verified: \
            anybody can write a token that says the same. Takes compact tokens, as arguments or lines, also in the \
            modem's own form (%JWT: "…", %REGJWT: …).

            EXAMPLES

              assay jwt inspect token.jwt
              assay jwt inspect --json modem.log
            """)

    @OptionGroup var input: JWTInputOptions
    @OptionGroup(title: "Output options") var run: RunOptions

    func run(in environment: Environment) throws -> ExitStatus {
        try run.run(.jwt, good: "decoded", input.stream, in: environment) { () throws(ToolError) in
            try JWTJudge(.inspect)
        }
    }
}
