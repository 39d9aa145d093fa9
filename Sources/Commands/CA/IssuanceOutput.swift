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
    private let json: Bool
    private let failFast: Bool
    private let meter: InputMeter
    private let console: Console
    private var writer = JSONWriter(reservingCapacity: 65_536)
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
        self.json = json
        self.failFast = failFast
        self.meter = meter
        self.console = console
    }

    var shouldStop: Bool { failFast && tally.bad > 0 }

    func emit(_ reports: [IssuanceReport]) throws(ToolError) {
        var bytes: [UInt8] = []
        var times = TimestampPair()
        writer.removeAll()
        for found in reports {
            if shouldStop { break }
            var report = found
            var unwritten = false
            if report.status != .rejected, let failure = try write(report) {
                report.failures.append(failure)
                unwritten = true
            }
            count(report, unwritten)
            if json {
                report.write(json: &writer, chain: chain, times: &times)
            }
            if report.status != .rejected, let certificate = report.certificate, writesPEM {
                bytes += PEMWriter.encode(label: "CERTIFICATE", der: certificate.der)
                bytes += chain
            }
        }
        try files.pem?.write(bytes)
        try sink?.write(json ? writer.bytes : bytes)
        console.progress(done: tally.total, failed: tally.bad, unit: "requests", meter: meter)
    }

    private var writesPEM: Bool { files.pem != nil || (sink != nil && !json) }

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
        case .rejected where report.unreadable != nil: tally.unreadable += 1
        case .rejected where report.isMalformed: tally.malformed += 1
        case .rejected: tally.rejected += 1
        }
        // With --json the result itself tells, but for a source that could not be opened.
        if !json || report.unreadable != nil, let error = report.error { console.error(error) }
    }

    /// `assay: 3 requests: 2 issued, 1 existing`.
    var summary: String { tally.summary(unit: "request", good: "issued", existing: existing) }
}
