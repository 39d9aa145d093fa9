import Batches
import CertificateAuthority
import Claims
import Diagnostics
import InputOutput
import Issuance
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
        if let onboarding, onboarding.rows > 0 { try onboarding.commit() }
    }
}

/// Where the results of `ca issue` go: text or JSON Lines, files, the console; and what they add up to.
final class IssuanceOutput: IssuanceReceiver {
    private let sink: (any ByteSink)?
    private let files: IssuanceFiles
    /// Writes the files of the folder beside the run; nil where what becomes of a file decides what comes next.
    private let filer: CertificateFiler?
    /// Results whose files are being written, oldest first.
    private var beingFiled: [[IssuanceReport]] = []
    /// PEM that follows each certificate.
    private let chain: [UInt8]
    private let printing: IssuancePrinter.Form
    private let isDryRun: Bool
    private let failFast: Bool
    private let meter: InputMeter?
    private let console: Console
    /// Whether the results vanish with their file if nothing is issued.
    private let mayVanish: Bool
    private var printer: IssuancePrinter
    /// The certificates for ``IssuanceFiles/pem``.
    private var copies: IssuancePrinter
    private(set) var tally = Tally()
    private(set) var existing = 0
    private var notesTold: Set<String> = []
    private static let noteLimit = 20
    /// Few enough that what is composed at once stays below 64 KiB: larger blocks make glibc clean up when they are freed.
    private static let resultsPerWrite = 32

    /// - Parameters:
    ///   - sink: `nil` when files are all that is wanted.
    ///   - mayVanish: whether it is a file, which does not appear if nothing is issued.
    init(
        sink: (any ByteSink)?, mayVanish: Bool, files: IssuanceFiles, chain: [UInt8], json: Bool,
        isDryRun: Bool = false, failFast: Bool, meter: InputMeter?, console: Console
    ) throws(ToolError) {
        filer =
            if let folder = files.folder, files.onboarding == nil, !failFast {
                try CertificateFiler(folder, chain: chain)
            } else { nil }
        self.sink = sink
        self.mayVanish = mayVanish
        self.files = files
        self.chain = chain
        let text: IssuancePrinter.Form = isDryRun ? .lines : .pem(chain: chain)
        printing = sink == nil ? .none : json ? .json(chain: chain) : text
        printer = IssuancePrinter(printing)
        copies = IssuancePrinter(files.pem == nil ? .none : .pem(chain: chain))
        self.isDryRun = isDryRun
        self.failFast = failFast
        self.meter = meter
        self.console = console
    }

    private var shouldStop: Bool { failFast && tally.bad > 0 }

    /// Whether anything was issued or found issued, be it that its file could not be written.
    var hasCertificates: Bool { tally.good + tally.unwritten > 0 }

    var stopsAtFailure: Bool { failFast }

    func objection(to item: VettedItem) -> CheckFailure? {
        files.onboarding?.objection(to: item)
    }

    func receive(_ outcomes: [IssuanceReport]) throws(ToolError) -> Bool {
        guard let filer else { return try hand(outcomes, unwritten: try writeFiles(outcomes)) }
        filer.put(outcomes)
        beingFiled.append(outcomes)
        // While the files of one group are written, the next is entered and signed.
        while beingFiled.count > 1 { try handOldest(filer) }
        return true
    }

    func settle() throws(ToolError) -> Bool {
        guard let filer else { return !shouldStop }
        while !beingFiled.isEmpty { try handOldest(filer) }
        return true
    }

    private func handOldest(_ filer: CertificateFiler) throws(ToolError) {
        let unwritten = try filer.take()
        _ = try hand(beingFiled.removeFirst(), unwritten: unwritten)
    }

    /// Counts and prints results whose files are there, or never will be.
    private func hand(
        _ outcomes: [IssuanceReport], unwritten: [Int: CheckFailure]
    ) throws(ToolError) -> Bool {
        for (index, outcome) in outcomes.enumerated() {
            if shouldStop { break }
            var report = outcome
            if let failure = unwritten[index] { report.failures.append(failure) }
            count(report, unwritten[index] != nil)
            printer.add(report)
            copies.add(report)
            if (index + 1).isMultiple(of: Self.resultsPerWrite) { try flush() }
        }
        try flush()
        try files.pem?.write(copies.take())
        console.progress(done: tally.total, failed: tally.bad, unit: "requests", meter: meter)
        return !shouldStop
    }

    private func flush() throws(ToolError) {
        if printer.count > 0 { try sink?.write(printer.take()) }
    }

    /// Writes the files of the certificates among the results; says, by their places, which have none and why.
    private func writeFiles(_ results: [IssuanceReport]) throws(ToolError) -> [Int: CheckFailure] {
        guard files.folder != nil || files.onboarding != nil else { return [:] }
        var unwritten: [Int: CheckFailure] = [:]
        for (index, report) in results.enumerated() {
            if report.status == .rejected {
                // With --fail-fast nothing after it is handed out.
                if failFast { break }
                continue
            }
            unwritten[index] = try write(report, index)
            if failFast, unwritten[index] != nil { break }
        }
        if let folder = files.folder { unwritten.merge(folder.settle()) { first, _ in first } }
        return unwritten
    }

    /// Says why a certificate has no file or no row.
    private func write(_ report: IssuanceReport, _ index: Int) throws(ToolError) -> CheckFailure? {
        guard let certificate = report.certificate else { return nil }
        var row: OnboardingRow?
        if let onboarding = files.onboarding {
            switch onboarding.row(certificate.der, device: report.deviceUUID) {
            case .failure(let failure): return failure
            case .success(let found): row = found
            }
        }
        if let failure = files.folder?.write(report, chain: chain, as: index) { return failure }
        if let row { try files.onboarding?.add(row) }
        return nil
    }

    private func count(_ report: IssuanceReport, _ unwritten: Bool) {
        let reason = report.failures.first?.code.rawValue
        switch report.status {
        case .issued, .wouldIssue: tally.good += 1
        case .existing, .wouldExist:
            tally.good += 1
            existing += 1
        case .rejected where unwritten: tally.countUnwritten(reason)
        case .rejected where report.unreadable?.code == .io: tally.count(.unreadable, reason)
        case .rejected where report.isMalformed: tally.count(.malformed, reason)
        case .rejected: tally.count(.rejected, reason)
        }
        if !tellsAll { tell(report) }
        // With --json the result itself tells, but for a source that could not be opened.
        if !tellsAll || report.unreadable != nil || mayVanish && !hasCertificates, let error = report.error {
            console.error(error)
        }
    }

    /// Prints the notes of a result for people: each once, not those of 20,000 requests that ask for the same.
    private func tell(_ report: IssuanceReport) {
        let place = "\(report.origin.source.escapedForTerminal):\(report.origin.place)"
        for note in report.notes.map(\.commandLine) where notesTold.count <= Self.noteLimit {
            guard notesTold.insert(note).inserted else { continue }
            guard notesTold.count <= Self.noteLimit else {
                return console.note("assay: note: there are more notes; --json shows all")
            }
            console.note("assay: note: \(place): \(note.escapedForTerminal)")
        }
    }

    /// Whether what is printed tells of failures and notes too.
    private var tellsAll: Bool { printing.hasNotes }

    /// `assay: 3 requests: 2 issued, 1 existing`.
    var summary: String {
        guard isDryRun else { return tally.summary(unit: "request", good: "issued", existing: existing) }
        return tally.summary(unit: "request", good: "would be issued", existing: existing)
            + "; dry run: nothing was signed"
    }
}
