import ArgumentParser
import Batches
import Claims
import Diagnostics
import InputOutput
import Intake

/// `assay claim pack`
struct ClaimPack: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Turn the rows that are ready into the CSV bodies that the service takes.",
        discussion: """
            Rows are judged as by claim check; those that are not ready are reported and left out. The folder gets \
            claim-0001.csv and so on, at most 1,000 rows each, and manifest.jsonl, which says for each line which row \
            it came from. It appears whole or not at all, and not when no row is ready or --fail-fast stopped. Tokens are claim credentials: \
            the folder is for its owner alone. --tags counts for all rows; without it a row's own tags column does.

            EXAMPLES

              assay claim pack attestation_tokens.csv -o bodies
              assay claim pack attestation_tokens.csv -o bodies --tags factory-7 --rejects rejected.csv
            """)

    @OptionGroup var claims: ClaimOptions

    @Option(help: .init("Provisioning tags of all rows, separated by commas.", valueName: "tags"))
    var tags: String?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: .init("The folder to make.", valueName: "folder"))
    var folder: String

    @Flag(help: "Replace existing files, and a folder that an earlier run made.")
    var force = false

    @OptionGroup(title: "Output options") var output: OutputOptions
    @OptionGroup(title: "Output options") var batch: BatchOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let console = output.console
        let tags = try Self.parsedTags(tags, console)
        let keys = try claims.source()
        let stream = claims.stream
        let rejects = try claims.rejectsFile(force: force)
        let table = try claims.table(force: force)
        let packer = try ClaimPacker(path: folder, replaces: force)
        let delivery = ClaimDelivery(
            names: stream.names, tellsAll: claims.verbose || output.json, json: output.json, rejects: rejects,
            table: table, packer: packer)
        let tally = try claims.run(
            stream, ClaimJudge.Settings(keys: keys, policy: claims.policy, packs: true, tags: tags),
            to: StandardStream.output(), form: output.json ? .json : .text,
            jobs: batch.jobs ?? environment.defaultJobs, failFast: batch.failFast,
            settlement: delivery.settlement, console: console)
        guard !Interruption.requested, !(batch.failFast && delivery.tally.bad > 0) else {
            console.conclude(
                delivery.tally.summary(readyName: "ready", hasKeys: keys != nil) + "; nothing written"
                    + tally.reasons.note, tally.reasons)
            return delivery.tally.exitStatus
        }
        // What an earlier run packed stays where this one could read nothing.
        if !delivery.tally.hasReadNothing { try packer.commit() }
        try claims.conclude(rejects, table, isEmpty: delivery.tally.hasReadNothing)
        console.conclude(
            delivery.tally.summary(readyName: "packed", hasKeys: keys != nil)
                + "; \(packer.bodies) \(packer.bodies == 1 ? "body" : "bodies")" + tally.reasons.note
                + stream.inputs.passedOver.note, tally.reasons)
        return delivery.tally.exitStatus
    }

    /// The value of `--tags`.
    static func parsedTags(_ tags: String?, _ console: Console) throws -> ClaimTags? {
        guard let tags else { return nil }
        let parsed: ClaimTags
        do {
            parsed = try ClaimTags(tags)
        } catch {
            throw ToolError(.usage, "--tags: \(error.failure.message)", hint: error.hint)
        }
        for tag in parsed.unusual {
            console.note(
                "assay: warning: the service may refuse the tag '\(tag.escapedForTerminal)', "
                    + "expected a-z A-Z 0-9 _ . @ : # = -")
        }
        return parsed
    }
}
