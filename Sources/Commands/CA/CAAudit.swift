import ArgumentParser
import CertificateAuthority
import Diagnostics
import InputOutput
import Store

/// `assay ca audit`
struct CAAudit: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Check everything again that was ever issued.",
        discussion: """
            Reads every certificate of the ledger: its signature and issuer, its profile, whether it is the one that \
            was intended and recorded; that no serial number, request or key was used for two; intents without a \
            certificate; names that two devices have, or that are not those of the device that vouched, by the registry; \
            certificates that stand with a compromised key; and the ledger against the audit chain, as assay ledger verify does. Profiles are those of \
            profiles.json in the folder of --ca as it is now, the built-in ones where --ca is a file: a profile that was \
            edited finds what was issued before to differ, so give the new rules a new name. Exit status 0: all is \
            well. 1: not.
            """)

    @Option(
        help: .init(
            "A CA whose certificates are in the ledger: its folder or its certificate in PEM; repeatable.",
            valueName: "path"))
    var ca: [String]

    @Option(help: .init("Use this many threads, all cores by default.", valueName: "n"))
    var jobs: Int?

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if ca.isEmpty { throw ValidationError("expected --ca, found none") }
        if let jobs, !(1...64 ~= jobs) { throw ValidationError("--jobs must be 1…64, found \(jobs)") }
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let audit = try RowAudit(
            ca.map { path throws(ToolError) in
                (try TrustedAuthority.read(path), try TrustedAuthority.profiles(path))
            })
        let ledger = try store.open(.readOnly, output.console)
        let verdict = try AuditRun.run(
            ledger, registry: ledger, audit, jobs: jobs ?? environment.defaultJobs, console: output.console)
        let report = LedgerReport(schema: "assay.audit/1", store: store.path, verdict: verdict)
        try StandardStream.output().write(report.bytes(json: output.json))
        let count = verdict.certificates
        output.console.note(
            "assay: \(count) \(count == 1 ? "certificate" : "certificates"), \(verdict.findingCount) findings"
        )
        return report.isSound ? .done : .rejected
    }
}
