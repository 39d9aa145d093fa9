import ArgumentParser
import Diagnostics
import InputOutput
import Intake

/// `assay token inspect`
struct TokenInspect: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Decode tokens without verifying them.",
        discussion: """
            Prints what each token says: device, kind, security tag, nonce, whether the attested digest is that of \
            the first part. Nothing of it is verified. Takes attestation tokens (%ATTESTTOKEN) and key-generation \
            outputs (%KEYGEN), as arguments, lines, CSV (imei,uuid,token,time) or modem logs.
            """)

    @OptionGroup var input: TokenInputOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var file: FileOptions
    @OptionGroup var batch: BatchOptions

    @Flag(help: "Print the tokens themselves too; a token is a claim credential.")
    var reveal = false

    func run(in environment: Environment) throws -> ExitStatus {
        let run = TokenRun(
            mode: .inspect, base64: input.base64, json: output.json, reveals: reveal,
            jobs: batch.jobs ?? environment.defaultJobs, failFast: batch.failFast)
        let console = output.console
        // What --reveal shows is a claim credential.
        let sink = try file.sink(mode: reveal ? .ownerOnly : .shared)
        let stream = input.stream
        let tally = try run.run(
            stream, to: sink, console: console,
            now: environment.now)
        try file.conclude(sink, isEmpty: tally.hasReadNothing, console)
        console.note(tally.summary(unit: "token", good: "decoded") + stream.passedOver.note)
        return tally.exitStatus
    }
}
