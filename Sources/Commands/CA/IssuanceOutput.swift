import CertificateAuthority
import Claims
import Diagnostics
import InputOutput
import JSON
import PKIX

/// The outputs of `ca issue` beside its results.
struct IssuanceFiles {
    /// `--out-dir`
    var folder: CertificateFolder?
    /// `--pem`
    var pem: (any ByteSink)?
    /// `--onboarding-csv`
    var onboarding: OnboardingFile?

    var areAny: Bool { folder != nil || pem != nil || onboarding != nil }

    /// Makes the files appear.
    func commit() throws(ToolError) {
        try pem?.commit()
        try onboarding?.commit()
    }
}

/// Where the results of `ca issue` go: text or JSON Lines, files, the console; and what they add up to.
final class IssuanceOutput {
    private let sink: (any ByteSink)?
    private let files: IssuanceFiles
    /// PEM that follows each certificate.
    private let chain: [UInt8]
    private let printing: IssuancePrinter.Form
    private let failFast: Bool
    private let meter: InputMeter
    private let console: Console
    private var printer: IssuancePrinter
    /// The certificates for ``IssuanceFiles/pem``.
    private var copies: IssuancePrinter
    private(set) var tally = Tally()
    private(set) var existing = 0

    /// - Parameter sink: `nil` when files are all that is wanted.
    init(
        sink: (any ByteSink)?, files: IssuanceFiles, chain: [UInt8], json: Bool, failFast: Bool,
        meter: InputMeter, console: Console
    ) {
        self.sink = sink
        self.files = files
        self.chain = chain
        printing = sink == nil ? .none : json ? .json(chain: chain) : .pem(chain: chain)
        printer = IssuancePrinter(printing)
        copies = IssuancePrinter(files.pem == nil ? .none : .pem(chain: chain))
        self.failFast = failFast
        self.meter = meter
        self.console = console
    }

    /// What the workers may print for it; `nil` where each result is needed here.
    var delegated: IssuancePrinter.Form? { files.areAny ? nil : printing }

    var shouldStop: Bool { failFast && tally.bad > 0 }

    func emit(_ results: [IssuanceEmission]) throws(ToolError) {
        for result in results {
            if shouldStop { break }
            switch result {
            case .printed(let text, let issued, let existed):
                tally.good += issued + existed
                existing += existed
                try flush()
                try sink?.write(Array(text))
            case .report(let report): try emit(report)
            }
        }
        try flush()
        try files.pem?.write(copies.take())
        console.progress(done: tally.total, failed: tally.bad, unit: "requests", meter: meter)
    }

    private func emit(_ found: IssuanceReport) throws(ToolError) {
        var report = found
        var unwritten = false
        if report.status != .rejected, let failure = try write(report) {
            report.failures.append(failure)
            unwritten = true
        }
        count(report, unwritten)
        printer.add(report)
        copies.add(report)
    }

    private func flush() throws(ToolError) {
        if printer.count > 0 { try sink?.write(printer.take()) }
    }

    /// Writes the files of a certificate; says why one could not be written.
    private func write(_ report: IssuanceReport) throws(ToolError) -> CheckFailure? {
        guard let certificate = report.certificate else { return nil }
        var row: OnboardingRow?
        if let onboarding = files.onboarding {
            switch onboarding.row(certificate.der, device: report.deviceUUID) {
            case .failure(let failure): return failure
            case .success(let found): row = found
            }
        }
        if let failure = files.folder?.write(report, chain: chain) { return failure }
        if let row { try files.onboarding?.add(row) }
        return nil
    }

    private func count(_ report: IssuanceReport, _ unwritten: Bool) {
        switch report.status {
        case .issued: tally.good += 1
        case .existing:
            tally.good += 1
            existing += 1
        case .rejected where unwritten: tally.unwritten += 1
        case .rejected where report.unreadable?.code == .io: tally.unreadable += 1
        case .rejected where report.isMalformed: tally.malformed += 1
        case .rejected: tally.rejected += 1
        }
        // With --json the result itself tells, but for a source that could not be opened.
        if !tellsAll || report.unreadable != nil, let error = report.error { console.error(error) }
    }

    /// Whether what is printed tells of failures too.
    private var tellsAll: Bool {
        if case .json = printing { true } else { false }
    }

    /// `assay: 3 requests: 2 issued, 1 existing`.
    var summary: String { tally.summary(unit: "request", good: "issued", existing: existing) }
}
