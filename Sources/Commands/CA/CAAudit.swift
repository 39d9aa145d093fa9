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
            Reads every certificate of the CA in its ledger, those of CAs below it too: its signature and issuer, its profile, whether it is the one that \
            was intended and recorded; that no serial number, request or key was used for two; intents without a \
            certificate; names that two devices have; names that are not those of the device that vouched, by the registry in \
            the store, where there is one; certificates that stand with a compromised key; and the ledger against the audit \
            chain, as assay ledger verify does. Profiles are those of profiles.json in the folder of --ca as it is now, the built-in ones where --ca is a file: a profile that was \
            edited finds what was issued before to differ, so give the new rules a new name. Several --ca are the CAs that \
            share one ledger, of which one has to be a folder; certificates of CAs that were not given are counted and not \
            checked. Exit status 0: all is \
            well. 1: not.

            EXAMPLES

              assay ca audit --ca ca
              assay ca audit --ca ca --json
            """)

    @Option(
        help: .init(
            "A CA whose certificates are in the ledger: its folder, or a certificate of it in PEM; repeatable.",
            valueName: "path"))
    var ca: [String]

    @Option(help: .init("Use this many threads, all cores by default.", valueName: "n"))
    var jobs: Int?

    @OptionGroup var store: StoreOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        if ca.isEmpty { throw ValidationError("expected --ca, found none") }
        if let jobs, !(1...64 ~= jobs) { throw ValidationError("--jobs must be 1…64, found \(jobs)") }
    }

    /// The store whose registry says whose IMEI is whose: a named one has to be there.
    private func registry() throws(ToolError) -> SQLiteStore? {
        store.isAvailable ? try SQLiteStore(path: try store.path(), access: .readOnly) : nil
    }

    func run(in environment: Environment) throws -> ExitStatus {
        let authorities = try LedgerAuthorities(ca)
        let profiles = try ca.map(TrustedAuthority.profiles)
        let audit = try RowAudit(Array(zip(authorities.known, profiles)))
        let ledger = try authorities.place.open(.readOnly)
        let verdict = try AuditRun.run(
            ledger, registry: try registry(), audit, jobs: jobs ?? environment.defaultJobs,
            console: output.console)
        // What was looked at before the signal says nothing of the rest: there is no verdict.
        guard !Interruption.requested else {
            output.console.note("assay: interrupted, \(verdict.findingCount) findings so far; no verdict")
            return .interrupted
        }
        var report = LedgerReport(schema: "assay.audit/1", place: authorities.place, verdict: verdict)
        report.certificatesOfOthers = verdict.ofOtherAuthorities
        try StandardStream.output().write(report.bytes(json: output.json))
        let count = verdict.certificates
        output.console.note(
            "assay: \(count) \(count == 1 ? "certificate" : "certificates"), \(verdict.findingCount) findings"
        )
        if verdict.ofOtherAuthorities > 0 {
            output.console.note(
                "assay: note: \(verdict.ofOtherAuthorities) of other CAs were not checked; name those with --ca as well"
            )
        }
        return report.isSound ? .done : .rejected
    }
}
