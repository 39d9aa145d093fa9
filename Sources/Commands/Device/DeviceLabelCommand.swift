import ArgumentParser
import Attestation
import Batches
import DeviceIdentity
import Diagnostics
import InputOutput
import Intake
import Labels
import Registry
import Store

/// `assay device label`
struct DeviceLabelCommand: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Write labels with a QR code: SVG, PNG, or sheets of them as PDF.",
        discussion: """
            A label has the UUID and, where it is known, the IMEI, to read and as a QR code: imei,uuid. Take a device of the \
            registry by its UUID, or a file of devices as device import reads it (attestation_tokens.csv among them).

            With --with-token the code is a row of attestation_tokens.csv: a scanner that types what it reads writes a \
            file that claim check and claim submit take. Whoever reads such a label can claim the device; \
            the file is for its owner alone, and the labels have to be kept like passwords until the devices are claimed.

            SVG and PNG hold one label, PDF any number, 18 on a page of A4. The format is that of the file's name unless \
            --format says it. The same devices give the same octets.

            EXAMPLES

              assay device label 50363154-3931-44f0-8022-121b6401627d -o device.svg
              assay device label attestation_tokens.csv --with-token -o labels.pdf
            """)

    @Argument(
        help: .init(
            "The UUID of a device of the registry, or a file of devices; - is standard input.",
            valueName: "uuid|file"))
    var device: String

    @Flag(help: "Put the device's attestation token into the code: whoever scans it can claim the device.")
    var withToken = false

    @Option(help: .init("svg, png or pdf; by default what the file's name says.", valueName: "format"))
    var format: LabelFormatChoice?

    @OptionGroup(title: "Input options") var table: TableOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Output options") var run: RunOptions

    func validate() throws {
        guard let path = run.file.output, path != "-" else {
            throw ValidationError("expected a file for the labels with --output, found none")
        }
        guard (format?.format ?? LabelFormat(fileName: path)) != nil else {
            throw ValidationError(
                "expected --format, or a file named .svg, .png or .pdf, found \(path)")
        }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let path = run.file.output ?? ""
        guard let format = format?.format ?? LabelFormat(fileName: path) else {
            throw ToolError(.usage, "expected --format svg, png or pdf, found none")
        }
        let printer = try LabelPrinter(
            format, sink: try run.file.sink(mode: withToken ? .ownerOnly : .shared), file: path)
        if withToken {
            run.output.console.note(
                "assay: note: the codes hold attestation tokens: whoever reads a label can claim its device")
        }
        let withToken = withToken
        if FileSystem.kind(of: device) == nil, let uuid = try? DeviceUUID(text: device) {
            return try printRegistered(uuid, printer)
        }
        let stream = RegistrationStream([device], filesFrom: nil, delimiter: table.character)
        let reader = RegistrationReader(trust: .observed)
        let batch = BatchRun(
            .deviceRow, form: run.output.json ? .json : .text,
            jobs: run.batch.jobs ?? environment.defaultJobs, failFast: run.batch.failFast)
        let tally = try batch.run(
            stream, to: StandardStream.output(), telling: run.output.console, settlement: printer.settlement
        ) {
            LabelJudge(reader, withToken: withToken)
        }
        return try conclude(printer, tally, stream.passedOver.note)
    }

    private func printRegistered(_ uuid: DeviceUUID, _ printer: LabelPrinter) throws -> ExitStatus {
        guard !withToken else {
            throw ToolError(
                .usage, "expected a file with the token of device \(uuid), found its UUID",
                hint: "give attestation_tokens.csv, or leave out --with-token")
        }
        guard let record = try store.open(.readOnly, run.output.console).device(uuid) else {
            throw ToolError(
                .unknownKey, "device \(uuid) is not in the registry",
                hint: "assay device list shows the registry")
        }
        var report = LabelReport(
            location: nil, device: uuid, imei: record.imei,
            label: LabelReport.label(uuid, record.imei, token: nil))
        try printer.draw(&report)
        if let complaint = report.complaint { throw complaint }
        try printer.finish()
        try run.file.conclude(printer.sink, run.output.console)
        if run.output.json { try StandardStream.output().write(report.json) }
        return .done
    }

    private func conclude(
        _ printer: LabelPrinter, _ tally: Tally, _ passedOver: String
    ) throws -> ExitStatus {
        let isCut = Interruption.requested || (run.batch.failFast && tally.bad > 0)
        if printer.count > 0, !isCut {
            try printer.finish()
            try run.file.conclude(printer.sink, run.output.console)
        }
        if printer.count > 0, isCut {
            run.output.console.note("assay: note: the run ended before its last row, no document was made")
        }
        run.output.console.conclude(
            tally.summary(unit: "row", good: "printed") + passedOver, tally.reasons)
        return tally.exitStatus
    }
}

/// The values of `--format`.
enum LabelFormatChoice: String, ExpressibleByArgument, CaseIterable {
    case svg, png, pdf

    var format: LabelFormat {
        switch self {
        case .svg: .svg
        case .png: .png
        case .pdf: .pdf
        }
    }
}
