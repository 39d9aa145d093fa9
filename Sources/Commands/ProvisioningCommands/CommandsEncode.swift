import ArgumentParser
import Batches
import DeviceIdentity
import Diagnostics
import InputOutput
import ProvisioningCommands

/// `assay commands encode`
struct CommandsEncode: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "encode",
        abstract: "Show what a device receives for a batch of provisioning commands.",
        discussion: """
            Prints the CBOR that a device gets when it fetches its commands: for keys and certificates AT commands, \
            each after a helper step that deletes what was there before and may find nothing to delete (+CME \
            ERROR 513); settings and finished as they are.

            FILE holds what assay commands validate takes: a batch, an array of command bodies or a single body, or \
            several as JSON Lines. One is written as bytes, and as hexadecimal text to a terminal or with --hex; \
            several need --hex or --json, which write one a line. A file of the result is for its owner only.

            Refused is what assay commands validate calls an error, but for the order of the commands and what \
            certificates say. Notes name sizes that a device takes only if it was built for them. Exit status 0: \
            encoded. 1: refused. 4: not JSON, or no batch. 3: some of several.

            Each command has a correlation id, a UUID and a counter: 9685ef84-8cac-4257-b5cc-94bc416a1c1d.d, with .s \
            after it for a helper step. Without --correlation the UUID is random, another one for each batch.

            EXAMPLES

              assay commands encode batch.json -o body.cbor
              assay commands encode --hex --correlation 9685ef84-8cac-4257-b5cc-94bc416a1c1d --first d batch.json
            """)

    @Argument(help: .init("A file of batches, or - for standard input.", valueName: "file"))
    var input: String

    @Option(
        help: .init("The UUID of the correlation ids of every batch, random by default.", valueName: "uuid"))
    var correlation: String?

    @Option(
        help: .init(
            "The counter of the first command of a batch, hexadecimal as in the correlation id, 1 by default.",
            valueName: "counter"))
    var first: String?

    @Flag(help: "Print hexadecimal text, one batch a line.")
    var hex = false

    @OptionGroup(title: "Output options") var run: RunOptions

    func validate() throws {
        if hex, run.output.json { throw ValidationError("expected one of --hex and --json, found both") }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let uuid = try correlation.map { try Self.uuid($0) }
        let first = try self.first.map { try CorrelationSeries.counter(text: $0) } ?? 1
        let json = run.output.json
        let sink = try run.file.sink(mode: .ownerOnly)
        let single = json || hex || sink.isForPerson ? nil : SingleBatchSink(sink)
        let isHexadecimal = single == nil
        return try run.run(
            .document, good: "encoded", BatchStream([input]), to: single ?? sink, in: environment,
            settlement: single?.settlement,
            // A run that encoded nothing leaves no empty file.
            isEmpty: { $0.good == 0 && !json }
        ) {
            EncodingJudge(uuid: uuid, first: first, isHexadecimal: isHexadecimal)
        }
    }

    private static func uuid(_ text: String) throws(ToolError) -> DeviceUUID {
        do {
            return try DeviceUUID(text: text)
        } catch {
            throw ToolError(
                .usage,
                "expected --correlation with a UUID (8-4-4-4-12 hexadecimal digits), found "
                    + "'\(text.escapedForTerminal)'")
        }
    }
}
