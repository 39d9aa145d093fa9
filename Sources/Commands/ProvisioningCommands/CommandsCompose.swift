import ArgumentParser
import Batches
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import JSON
import ProvisioningCommands

/// `assay commands compose`
struct CommandsCompose: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "compose",
        abstract: "Make a batch of provisioning commands from steps.",
        discussion: """
            A step is NAME[@SECTAG][=VALUE]; the commands come in the order of the steps.

            - keygen: a new client key pair
            - cloud-access-key: the same, registered with nRF Cloud
            - csr[=ATTRIBUTES]: a new key pair and its CSR, with CN=<device UUID> where there are no attributes
            - client-certificate=PEM: the device's certificate
            - server-certificate=PEM|nrf-cloud|nrf-cloud-coap: CA certificates; nrf-cloud is what MQTT and REST \
            need, nrf-cloud-coap that and the CA for CoAP
            - client-key=PEM: a private key made elsewhere
            - psk=IDENTITY:FILE: a pre-shared key, hexadecimal in FILE
            - config=KEY=VALUE: a setting; several in a row make one command
            - finished: the end

            The result is one JSON document, assay.commands/1, indented on a terminal and on one line otherwise; \
            each element of its commands is the body that the service takes.

            --manifest makes one batch a line from what assay ca issue --json printed: the client certificate of \
            the record, then the steps. Without steps these are server-certificate=nrf-cloud and finished, as the \
            nRF Cloud utilities send them; finished is added where it is missing. Records without a certificate \
            are skipped and named on standard error: status 3, or 1 if that were all.

            EXAMPLES

              assay commands compose --device 50363154-3931-44f0-8022-121b6401627d csr
              assay commands compose client-certificate=device.crt server-certificate=nrf-cloud finished
              assay ca issue --ca ca --json requests.pem | assay commands compose --manifest -
            """)

    @Argument(help: .init("NAME[@SECTAG][=VALUE], see above.", valueName: "step"))
    var steps: [String] = []

    @Option(help: .init("The device that the batch is for.", valueName: "uuid"))
    var device: String?

    @Option(
        help: .init(
            "Make a batch for each record of this file of assay ca issue --json (- too).", valueName: "file"))
    var manifest: String?

    @OptionGroup var options: StepOptions
    @OptionGroup(title: "Passphrase options") var password: ClientKeyPasswordOptions
    @OptionGroup(title: "Output options") var run: RunOptions

    func validate() throws {
        if manifest == nil, steps.isEmpty {
            throw ValidationError("expected steps or --manifest, found none")
        }
        if manifest != nil, device != nil {
            throw ValidationError(
                "expected --device or --manifest, found both: the records name their devices")
        }
        if password.usesStandardInput, manifest == "-" {
            throw ValidationError("standard input can be the manifest or the password, not both")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let tag = try options.tag()
        let descriptions = try CommandDescriptions(options.describe)
        let composed = try parse(tag)
        for note in composed.notes { run.output.console.note("assay: note: \(note)") }
        let mode = Self.mode(composed.commands)
        guard let manifest else {
            let batch = CommandBatch(
                deviceUUID: try uuid, commands: try descriptions.apply(to: composed.commands))
            try run.file.write(batch.json, isOnOneLine: run.output.json, mode: mode)
            return .done
        }
        try descriptions.demandPlace(following: composed.commands)
        let records = CommandManifest(clientTag: tag, following: composed.commands)
        return try run.run(
            .record, good: "composed", ManifestSource(manifest), in: environment, mode: mode, form: .text,
            isEmpty: { $0.good == 0 }
        ) {
            ManifestJudge(records, descriptions, path: manifest)
        }
    }

    private var uuid: DeviceUUID? {
        get throws { try device.map { try DeviceUUID(text: $0) } }
    }

    private func parse(_ tag: SecTag) throws -> ComposedSteps {
        var steps = steps
        if manifest != nil {
            if steps.isEmpty { steps = ["server-certificate=nrf-cloud", "finished"] }
            if steps.contains(where: { $0.hasPrefix("client-certificate") }) {
                throw ToolError(
                    .usage, "expected steps after the client certificate, found client-certificate",
                    hint: "--manifest puts the certificate of each record before them")
            }
        }
        let usage = try options.usage()
        let stated = try password.text(isNeeded: steps.contains { $0.hasPrefix("client-key") })
        let parse = { (password: String?) throws in
            try StepParser(
                defaultTag: tag, deviceUUID: try uuid, keyUsage: usage,
                clientKeyPassword: password,
                readFile: StepOptions.readFile
            ).parse(steps)
        }
        do {
            return try parse(stated)
        } catch let error as ToolError where error.code == .passphrase && stated == nil {
            guard let typed = try ClientKeyPasswordOptions.ask() else { throw error }
            return try parse(typed)
        }
    }

    /// A batch that carries a secret is for its owner only.
    private static func mode(_ commands: [ProvisioningCommand]) -> NewFile.Mode {
        let hasSecret = commands.contains { [.clientPrivateKey, .preSharedKey].contains($0.request.kind) }
        return hasSecret ? .ownerOnly : .shared
    }
}
