import ArgumentParser
import Diagnostics
import InputOutput
import Intake

/// `assay csr inspect`
struct CSRInspect: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Decode certification requests without verifying them.",
        discussion: """
            Prints subject, key, requested extensions and departures from the standard of each request. \
            Nothing of it is verified: assay csr verify does that.

            EXAMPLES

              assay csr inspect device.csr
              assay csr inspect --json requests/
            """)

    @OptionGroup var input: RequestInputOptions
    @OptionGroup(title: "Output options") var run: RunOptions

    func run(in environment: Environment) throws -> ExitStatus {
        try run.run(.request, good: "decoded", input.stream, in: environment) { () throws(ToolError) in
            try RequestJudge(.inspect)
        }
    }
}
