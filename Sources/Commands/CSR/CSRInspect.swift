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
            """)

    @OptionGroup var input: RequestInputOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var file: FileOptions
    @OptionGroup var batch: BatchOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let run = RequestRun(
            mode: .inspect, json: output.json, jobs: batch.jobs ?? environment.defaultJobs,
            failFast: batch.failFast)
        let console = output.console
        let sink = try file.sink()
        let stream = input.stream
        let tally = try run.run(stream, to: sink, console: console)
        try file.conclude(sink, isEmpty: tally.hasReadNothing, console)
        console.note(tally.summary(unit: "request", good: "decoded") + stream.passedOver.note)
        return tally.exitStatus
    }
}
