package import ArgumentParser
import Batches
import Claims
package import Diagnostics
import InputOutput
import Intake

/// `assay claim check`
package struct ClaimCheck: NetworkVerb {
    package static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say which rows of a file of tokens can claim their device, and why the others cannot.",
        discussion: """
            Offline: nothing is sent, unless --online says so. Every row is decoded, and verified where the key of \
            its device is at hand (--key, --keys or a store).

            The token is compared with the UUID column, the IMEI, time and tags are checked for the damage that \
            spreadsheets do, and a device that was in an earlier row or file is a duplicate. Only rows that are \
            not ready are printed; --verbose prints all, --json one object for each.

            Exit status 0: all rows are ready. 3: some are not. 1: all were rejected. 4: all are malformed.

            EXAMPLES

              assay claim check attestation_tokens.csv
              assay claim check --keys keys.csv --rejects rejected.csv attestation_tokens.csv
            """)

    @OptionGroup var claims: ClaimOptions
    @Flag(
        help: """
            Ask the service too, by its dry run, whether each row that is ready can be claimed. Nothing is claimed; the \
            tokens are sent, one in each request.
            """)
    var online = false

    @OptionGroup(title: "Service options") package var service: ServiceOptions
    @OptionGroup(title: "Service options") package var pace: PaceOptions
    @OptionGroup(title: "Output options") package var output: OutputOptions
    @OptionGroup(title: "Output options") var file: FileOptions
    @OptionGroup(title: "Output options") var batch: BatchOptions

    package init() {}

    package func validate() throws {
        if online, file.output != nil {
            throw ValidationError("expected one of --online and --output, found both")
        }
        if online { try claims.demandOtherInput(than: service) }
        try FileOptions.demandFiles(
            ["--rejects": claims.rejects, "--report": claims.report], beside: file.output)
    }

    package func run(in environment: Environment) throws -> ExitStatus {
        if online { return try environment.network.run(self, in: environment) }
        let console = output.console
        let keys = try claims.source()
        let stream = claims.stream
        let sink = try file.sink()
        let rejects = try claims.rejectsFile(force: file.force)
        let table = try claims.table(force: file.force)
        let form: ResultForm = output.json ? .json : .text
        let delivery = ClaimDelivery(
            names: stream.names, tellsAll: claims.verbose || output.json, json: output.json, rejects: rejects,
            table: table)
        let tally = try claims.run(
            stream,
            ClaimJudge.Settings(
                keys: keys, policy: claims.policy, packs: false, tags: nil, form: form,
                tellsAll: claims.verbose || output.json, names: stream.names),
            to: sink, form: form, jobs: batch.jobs ?? environment.defaultJobs,
            failFast: batch.failFast, settlement: delivery.settlement, console: console)
        let isEmpty = delivery.tally.hasReadNothing
        try claims.conclude(rejects, table, isEmpty: isEmpty)
        try file.conclude(sink, isEmpty: isEmpty, console)
        console.conclude(
            delivery.tally.summary(readyName: "ready", hasKeys: keys != nil) + tally.reasons.note
                + stream.inputs.passedOver.note, tally.reasons)
        return delivery.tally.exitStatus
    }

    /// The rows, judged, for a run that asks the service about them.
    package func intake(_ environment: Environment, _ console: Console) throws -> ClaimIntake {
        try ClaimIntake(claims, tags: nil, jobs: batch.jobs ?? environment.defaultJobs, output, console)
    }
}
