import ArgumentParser
import Batches
import Diagnostics
import InputOutput
import Intake
import Store

/// `assay device learn`
struct DeviceLearn: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "learn",
        abstract: "Recover identity keys from the devices' own signatures and pin them as observed.",
        discussion: """
            Two or more different outputs of one device (%ATTESTTOKEN, %KEYGEN) have one key in common. It is pinned \
            as observed: later outputs must be by the same signer. Observed is not trusted: it does not show that the \
            device is a genuine part, and anybody can send outputs in a device's name. A trusted key takes its place \
            with device add or import --replace-observed; device remove takes it away. Outputs may come in one run or in several; one alone is kept as pending. An \
            output that is not by the registered key is a key-conflict and changes nothing.

            EXAMPLES

              assay device learn --input attestation_tokens.csv
            """)

    @OptionGroup var input: TokenInputOptions
    @OptionGroup(title: "Further options") var clock: ClockOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Output options") var output: OutputOptions
    @OptionGroup(title: "Output options") var batch: BatchOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let console = output.console
        let learner = Learner(now: environment.now) { () throws(ToolError) in
            let registry = try store.open(.create, console)
            try clock.check(environment.now, registry)
            return registry
        }
        let base64 = input.base64
        let stream = input.stream
        let run = BatchRun(
            .token, form: output.json ? .json : .text, jobs: batch.jobs ?? environment.defaultJobs,
            failFast: batch.failFast)
        let tally = try run.run(
            stream, to: StandardStream.output(), telling: console, settlement: learner.settlement
        ) { () throws(ToolError) in
            try ObservationJudge(base64: base64)
        }
        console.conclude(
            tally.summary(unit: "token", good: "taken")
                + "; \(learner.learned) \(learner.learned == 1 ? "key" : "keys") learned, "
                + "\(learner.pending) pending" + stream.inputs.passedOver.note, tally.reasons)
        return tally.exitStatus
    }
}
