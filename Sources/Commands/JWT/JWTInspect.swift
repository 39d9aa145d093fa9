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
            """)

    @OptionGroup var input: JWTInputOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var file: FileOptions
    @OptionGroup var batch: BatchOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let run = JWTRun(
            mode: .inspect, json: output.json, jobs: batch.jobs ?? environment.defaultJobs,
            failFast: batch.failFast)
        let console = output.console
        let sink = try file.sink()
        let stream = input.stream
        let tally = try run.run(stream, to: sink, console: console)
        try file.conclude(sink, isEmpty: tally.hasReadNothing, console)
        console.note(tally.summary(unit: "JWT", good: "decoded") + stream.passedOver.note)
        return tally.exitStatus
    }
}
