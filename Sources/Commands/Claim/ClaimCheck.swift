import ArgumentParser
import Claims
import Diagnostics
import InputOutput
import Intake

/// `assay claim check`
struct ClaimCheck: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say which rows of a file of tokens can claim their device, and why the others cannot.",
        discussion: """
            Offline: nothing is sent. Every row is decoded, and verified where the key of its device is at hand \
            (--key, --keys or a store). The token is compared with the UUID column, the IMEI, time and tags are \
            checked for the damage that spreadsheets do, and a device that was in an earlier row or file is a \
            duplicate. Only rows that are not ready are printed; --verbose prints all, --json one object for each. \
            Exit status 0: all rows are ready. 3: some are not. 1: all were rejected. 4: all are malformed.
            """)

    @OptionGroup var claims: ClaimOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var file: FileOptions
    @OptionGroup var batch: BatchOptions

    func validate() throws {
        try FileOptions.demandFiles(
            ["--rejects": claims.rejects, "--report": claims.report], beside: file.output)
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let console = output.console
        let keys = try claims.source()
        let run = ClaimRun(
            keys: keys, policy: claims.policy, json: output.json, verbose: claims.verbose,
            jobs: batch.jobs ?? environment.defaultJobs, failFast: batch.failFast, packs: false, tags: nil)
        let stream = claims.stream
        let sink = try file.sink()
        let rejects = try claims.rejectsFile(force: file.force)
        let table = try claims.table(force: file.force)
        let delivery = ClaimDelivery(
            run, names: stream.names, console: console, sink: sink, rejects: rejects, table: table,
            packer: nil)
        try run.run(stream, to: delivery, console: console)
        try delivery.tally.demandInputs(.csv, "a row with a token")
        let isEmpty = delivery.tally.hasReadNothing
        try claims.conclude(rejects, table, isEmpty: isEmpty)
        try file.conclude(sink, isEmpty: isEmpty, console)
        console.note(
            delivery.tally.summary(readyName: "ready", showsVerified: keys != nil) + stream.passedOver.note)
        return delivery.tally.exitStatus
    }
}
