import Batches
package import ArgumentParser
package import DeviceIdentity
package import Diagnostics
package import InputOutput
import Intake
import JSON
package import ProvisioningCommands

/// `assay commands submit`
package struct CommandsSubmit: NetworkVerb {
    package static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Send batches of commands to their devices at a service, each command once.",
        discussion: """
            A file holds one batch of commands compose or JSON Lines of many. Each batch is checked as by commands validate; \
            its commands are sent in their order, and those after one that the service refused are not sent. The store \
            keeps a journal for each service and team, so that the command can be stopped, killed, and given again: it goes \
            on where it was, and sends nothing twice. Where no answer came, the device's list of commands is asked for \
            before a command is sent again. The same batch for the same device is the same thing for ever; --round makes \
            another thing of it.

            With --wait the commands are followed until they succeeded, failed or were skipped; --csr-out writes what \
            devices answered to csr, ready for assay ca issue. A device that has not answered at the deadline is told as \
            accepted, and the same command goes on waiting for it.

            Exit status 0: all were accepted, with --wait all succeeded. 3: some were not. 1: none was. 6: the service \
            refused or was not there.

            EXAMPLES
              assay commands submit batches.jsonl --service nrfcloud --api-key-file key.txt
              assay commands submit batch.json --service https://127.0.0.1:8443 --root-ca data/tls.crt --api-key-env KEY \
            --wait --deadline 2h --csr-out csrs.txt
            """)

    @Argument(help: .init("Files of batches, or - for standard input.", valueName: "file"))
    var files: [String] = []

    @OptionGroup(title: "Input options") var list: InputListOptions

    @Option(help: .init("The device of a batch that names none.", valueName: "uuid"))
    var device: String?

    @Option(
        help: .init("Send batches that were sent before once more, under this name.", valueName: "text"))
    package var round = ""

    @Flag(help: "Send commands again that the service refused in an earlier run.")
    package var retryFailed = false

    @Flag(help: "Follow the commands to their end.")
    package var wait = false

    @Option(help: .init("Wait at most so long: 90s, 5m, 2h (default: 2h).", valueName: "span"))
    var deadline: DurationArgument?

    @Option(
        help: .init(
            "Write the CSRs that devices made to this file, one on each line; needs --wait.",
            valueName: "file"))
    var csrOut: String?

    @Flag(help: "Replace existing files.")
    var force = false

    @OptionGroup package var sending: SendingOptions

    package init() {}

    package func validate() throws {
        try list.demandInputs(files)
        try sending.service.demandOneReader("batches", files + [list.filesFrom].compactMap(\.self))
        guard wait || (csrOut == nil && deadline == nil) else {
            throw ValidationError("--csr-out and --deadline need --wait")
        }
        try FileOptions.demandFiles(["--csr-out": csrOut], beside: nil)
    }

    /// Seconds that are waited for at most.
    package var patience: Int64 { deadline?.seconds ?? 7_200 }

    /// Where the CSRs go.
    package func csrFile() throws(ToolError) -> NewFile? {
        guard let csrOut else { return nil }
        return try NewFile(path: csrOut, replaces: force)
    }

    /// One batch of the input, or why there is none.
    package struct Document: Sendable {
        package let source: String
        package let line: Int
        package let device: DeviceUUID?
        package let commands: [ProvisioningCommand]
        /// Why it is not sent.
        package let failures: [CheckFailure]
        /// Whether the source could not be read at all.
        package let isUnreadable: Bool
    }

    /// Reads all batches in order; `each` answers false to stop.
    ///
    /// - Parameter now: seconds since 1970, by which certificates are judged.
    package func read(now: Int64, each: (Document) throws(ToolError) -> Bool) throws {
        let given = try device.map { text throws(ToolError) in try DeviceUUID(text: text) }
        let check = BatchCheck(keys: try DeviceKeys.read([]), chains: nil, now: now)
        var stream = BatchStream(files, filesFrom: list.filesFrom)
        while case .value(let chunk) = stream.next(.awaited) {
            var failure: ToolError?
            var goesOn = true
            chunk.forEachDocument { document, location in
                do throws(ToolError) {
                    goesOn = try each(Self.document(document, location, given, check, chunk))
                } catch {
                    failure = error
                }
                return goesOn && failure == nil
            }
            if let failure { throw failure }
            if !goesOn { return }
        }
    }

    private static func document(
        _ document: Result<JSONValue, ToolError>, _ location: InputLocation, _ given: DeviceUUID?,
        _ check: BatchCheck, _ chunk: BatchChunk
    ) -> Document {
        func refuse(_ failures: [CheckFailure], device: DeviceUUID? = nil, isUnreadable: Bool = false)
            -> Document
        {
            Document(
                source: location.source, line: location.line, device: device, commands: [],
                failures: failures,
                isUnreadable: isUnreadable)
        }
        let json: JSONValue
        switch document {
        case .failure(let error):
            return refuse([CheckFailure(error.code, error.message)], isUnreadable: error.code == .io)
        case .success(let value): json = value
        }
        let (report, findings) = check.report(json)
        let errors = findings.filter { $0.severity == .error }
        let device = report.deviceUUID ?? given
        guard errors.isEmpty, let batch = try? CommandBatch(json: json) else {
            return refuse(
                errors.map { CheckFailure($0.code, "\($0.path): \($0.message)") }, device: device)
        }
        guard let device else {
            return refuse([
                CheckFailure(
                    .command, "expected a batch that names its device, found none (--device names it)")
            ])
        }
        if let given, let named = report.deviceUUID, given != named {
            return refuse(
                [CheckFailure(.uuidMismatch, "the batch is for device \(named), --device names \(given)")],
                device: named)
        }
        return Document(
            source: location.source, line: location.line, device: device, commands: batch.commands,
            failures: [],
            isUnreadable: false)
    }
}
