import Batches
import ArgumentParser
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import Ledger
import PKIX
import Store

/// `assay ca export`
struct CAExport: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the certificates of the ledger as PEM, JSON Lines or onboarding CSV.",
        discussion: """
            All certificates of the CA, whatever their status, unless options say which. pem: one block after the other. jsonl: \
            what ca show says of each, with certificatePem. The onboarding CSV has those alone that are valid and that \
            no other was issued in place of; with it, the others are written if --format or --output is said. \
            Exit status 3: a certificate has no place in the onboarding CSV.

            EXAMPLES

              assay ca export --ca ca -o issued.pem
              assay ca export --ca ca --format jsonl --status valid
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case pem, jsonl
    }

    @Option(help: .init("pem (the default) or jsonl.", valueName: "format"))
    var format: Format?

    @Option(
        help: .init(
            "Write the service's onboarding CSV: at most 1,000 rows in this file, more in x-0002.csv and so on.",
            valueName: "file"))
    var onboardingCsv: String?

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var wanted: IssuanceFilterOptions
    @OptionGroup(title: "Output options") var file: FileOptions

    @Flag(help: "Print no summary on standard error.")
    var quiet = false

    func validate() throws {
        try FileOptions.demandFiles(["--onboarding-csv": onboardingCsv], beside: file.output)
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let console = Console(json: false, quiet: quiet)
        var filter = try wanted.filter(of: try self.ledger.authority(), at: environment.now)
        let ledger = try ledger.open(.readOnly)
        filter.certificatesOnly = true
        let onboarding = try onboardingCsv.map { try OnboardingFile(path: $0, replaces: file.force) }
        let output = onboarding == nil || format != nil || file.output != nil ? try file.sink() : nil
        var writer = JSONWriter(reservingCapacity: 65_536)
        var blocks: [UInt8] = []
        var tally = Tally()
        try ledger.forEachIssuance(filter, at: environment.now) { record throws(ToolError) in
            guard let certificate = record.certificate else { return true }
            if let onboarding, let failure = try Self.add(record, to: onboarding, at: environment.now) {
                tally.count(.rejected, failure.code.rawValue)
                let serial = Hex.encode(record.serial)
                console.error(ToolError(failure.code, "certificate \(serial): \(failure.message)"))
            } else {
                tally.good += 1
            }
            guard let output else { return !Interruption.requested }
            switch format ?? .pem {
            case .pem: blocks += PEMWriter.encode(label: "CERTIFICATE", der: certificate)
            case .jsonl:
                var report = try IssuanceRecordReport(record, of: ledger, at: environment.now)
                report.showsCertificate = true
                report.write(json: &writer)
            }
            if writer.bytes.count + blocks.count > 60_000 {
                try output.write(writer.bytes + blocks)
                writer.removeAll()
                blocks.removeAll(keepingCapacity: true)
            }
            return !Interruption.requested
        }
        try output?.write(writer.bytes + blocks)
        if let output { try file.conclude(output, isEmpty: tally.total == 0, console) }
        if !Interruption.requested, let onboarding, onboarding.rows > 0 { try onboarding.commit() }
        var summary = "assay: \(Tally.count(tally.total, "certificate")) exported"
        if let onboarding {
            summary += ", \(onboarding.rows) onboarding \(onboarding.rows == 1 ? "row" : "rows")"
        }
        console.conclude(summary, tally.reasons)
        return tally.exitStatus
    }

    /// Adds the row of a certificate that a device may still be onboarded with; says why it cannot have one.
    private static func add(
        _ record: IssuanceRecord, to file: OnboardingFile, at now: Int64
    ) throws(ToolError) -> CheckFailure? {
        guard record.isCurrent, !record.isOfAuthority, record.status(at: now) == .valid,
            let certificate = record.certificate
        else { return nil }
        switch file.row(certificate, device: record.device) {
        case .failure(let failure): return failure
        case .success(let row):
            if let row { try file.add(row) }
            return nil
        }
    }
}
