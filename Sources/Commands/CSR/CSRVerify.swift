import ArgumentParser
import Diagnostics
import InputOutput
import Intake

/// `assay csr verify`
struct CSRVerify: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify that whoever made a request holds its private key.",
        discussion: """
            Checks the key (P-256, P-384, P-521, Ed25519, RSA) and the request's own signature; of a %KEYGEN \
            token also that its digest is that of the request. Whether a key is strong enough to be certified is \
            the CA's decision, and that a device vouches for it the matter of assay token verify. Exit status \
            0: verified. 1: rejected. 4: malformed. 3: some of several.
            """)

    @OptionGroup var input: RequestInputOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var file: FileOptions
    @OptionGroup var batch: BatchOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let run = RequestRun(
            mode: .verify, json: output.json, jobs: batch.jobs ?? environment.defaultJobs,
            failFast: batch.failFast)
        let console = output.console
        let sink = try file.sink()
        let stream = input.stream
        let tally = try run.run(stream, to: sink, console: console)
        try file.conclude(sink, isEmpty: tally.hasReadNothing, console)
        console.note(tally.summary(unit: "request", good: "verified") + stream.passedOver.note)
        return tally.exitStatus
    }
}
