import Diagnostics
import InputOutput
import JSON
import PKIX

/// Where the results of `ca issue` go: text or JSON Lines, files, the console; and what they add up to.
final class IssuanceOutput {
    private let sink: (any ByteSink)?
    private let folder: CertificateFolder?
    /// PEM that follows each certificate.
    private let chain: [UInt8]
    private let json: Bool
    private let failFast: Bool
    private let console: Console
    private var writer = JSONWriter(reservingCapacity: 65_536)
    private(set) var tally = Tally()
    private(set) var existing = 0

    /// - Parameter sink: `nil` when files are all that is wanted.
    init(
        sink: (any ByteSink)?, folder: CertificateFolder?, chain: [UInt8], json: Bool, failFast: Bool,
        console: Console
    ) {
        self.sink = sink
        self.folder = folder
        self.chain = chain
        self.json = json
        self.failFast = failFast
        self.console = console
    }

    var shouldStop: Bool { failFast && tally.bad > 0 }

    func emit(_ reports: [IssuanceReport]) throws(ToolError) {
        var bytes: [UInt8] = []
        writer.removeAll()
        for found in reports {
            if shouldStop { break }
            var report = found
            var unwritten = false
            if report.status != .rejected, let failure = folder?.write(report, chain: chain) {
                report.failures.append(failure)
                unwritten = true
            }
            count(report, unwritten)
            if json {
                report.write(json: &writer, chain: chain)
            } else if report.status != .rejected, let certificate = report.certificate, sink != nil {
                bytes += PEMWriter.encode(label: "CERTIFICATE", der: certificate.der)
                bytes += chain
            }
        }
        try sink?.write(json ? writer.bytes : bytes)
        console.progress(done: tally.total, failed: tally.bad, unit: "requests")
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
