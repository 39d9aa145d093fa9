import ArgumentParser
import Batches
import Diagnostics
import InputOutput
import Intake
import Store

/// `assay device import`
struct DeviceImport: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Register many devices from CSV or JSON Lines.",
        discussion: """
            CSV with a header naming uuid, imei and publicKeyPem or spkiBase64; the attestation CSV of the nRF Cloud \
            utilities (imei,uuid,token,time), whose tokens are kept; JSON Lines with these names; or the log of a \
            modem that was asked for AT%DEVICEUUID and AT%CLOUDACCESSKEY in this order. Each file counts \
            by its own form. Rows are registered a few thousand at a time and reported after they are on disk; a bad \
            row is reported with its line and reason and does not stop the others. Running again changes nothing. \
            Another key for a device is a key-conflict; with --replace-observed a trusted key takes the place of one \
            that was only observed.

            EXAMPLES

              assay device import devices.csv
              assay device import devices.csv --replace-observed --json
              assay device import nrf93-logs/
            """)

    @Argument(
        help: .init(
            "CSV, JSON Lines or modem logs; folders of them; - is standard input.", valueName: "file"))
    var inputs: [String] = []

    @OptionGroup(title: "Input options") var list: InputListOptions
    @OptionGroup(title: "Input options") var table: TableOptions

    @Option(
        help: .init("How far the keys are trusted: trusted (the default) or observed.", valueName: "trust"))
    var trust: TrustChoice = .trusted

    @OptionGroup var replacement: ReplacementOptions

    @Flag(help: "Print a result for every row, not only for those that are not good.")
    var verbose = false

    @OptionGroup(title: "Further options") var clock: ClockOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        try replacement.validate(with: trust)
        try list.demandInputs(inputs)
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let console = output.console
        let registrar = Registrar(replacesObserved: replacement.replaceObserved, now: environment.now) {
            () throws(ToolError) in
            let registry = try store.open(.create, console)
            try clock.check(environment.now, registry)
            return registry
        }
        let stream = RegistrationStream(inputs, filesFrom: list.filesFrom, delimiter: table.character)
        // Whatever ends the run: the rows so far are registered, and the summary says how many these are.
        defer {
            console.conclude(registrar.summary + stream.inputs.passedOver.note, registrar.tally.reasons)
        }
        let reader = RegistrationReader(trust: trust.trust)
        let verbose = verbose
        let run = BatchRun(
            .deviceRow, form: output.json ? .json : .text, jobs: environment.defaultJobs)
        return try run.run(
            stream, to: StandardStream.output(), telling: console, settlement: registrar.settlement
        ) {
            ImportJudge(reader, tellsAll: verbose)
        }.exitStatus
    }
}
