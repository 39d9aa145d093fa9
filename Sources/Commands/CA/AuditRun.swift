import CertificateAuthority
import DeviceIdentity
import Diagnostics
import InputOutput
import Issuance
import Ledger
import PKIX
import Store

/// Checks rows of the ledger; shared by all workers.
struct RowAudit: Sendable {
    /// By CA and profile; several when certificates of one CA were renewed.
    private struct Key: Hashable {
        let authority: [UInt8]
        let profile: String
    }

    private let audits: [Key: [CertificateAudit]]
    private let authorities: Set<[UInt8]>
    /// Of the CAs that were given.
    let certificates: [[UInt8]]

    /// - Parameter known: each CA with its profiles as they are now.
    init(_ known: [(authority: KnownAuthority, profiles: ProfileSet)]) throws(ToolError) {
        var audits: [Key: [CertificateAudit]] = [:]
        for (authority, profiles) in known {
            // A folder without a document makes intermediates all the same.
            for profile in profiles.all + (profiles.isFromDocument ? [] : [.intermediate]) {
                let key = Key(authority: authority.identity, profile: profile.nameInLedger)
                // A profile that does not go with the CA's key issued nothing.
                guard profile.signatureHash.algorithm(for: authority.keyKind) != nil else { continue }
                audits[key, default: []].append(
                    try CertificateAudit(authority: authority, profile: profile))
            }
        }
        self.audits = audits
        authorities = Set(known.map(\.authority.identity))
        certificates = known.map(\.authority.certificate.der)
    }

    /// Of a CA that was not given only what the ledger says otherwise than the certificate.
    func findings(_ row: IssuanceRecord) -> [LedgerFinding] {
        let name = Hex.encode(row.serial)
        return (isOfOthers(row) ? row.contradictions() : failures(row)).map {
            LedgerFinding($0.code, "\(name): \($0.message)", serial: row.serial)
        }
    }

    /// Whether a CA that was not given issued it, or meant to.
    func isOfOthers(_ row: IssuanceRecord) -> Bool { !authorities.contains(row.authority) }

    private func failures(_ row: IssuanceRecord) -> [CheckFailure] {
        guard let certificate = row.certificate else {
            // Its key was revoked as compromised, or went with the run that made it: it never becomes one.
            if row.revokedAt != nil || row.isOfAuthority { return [] }
            return [
                CheckFailure(
                    .lint,
                    "an intent without a certificate; issuing the same request again completes it")
            ]
        }
        guard let candidates = audits[Key(authority: row.authority, profile: row.profile)] else {
            return [CheckFailure(.profile, "unknown profile '\(row.profile.escapedForTerminal)'")]
        }
        let facts = row.facts
        var failures: [CheckFailure] = []
        for candidate in candidates {
            failures = candidate.failures(of: certificate, facts)
            if failures.isEmpty { return [] }
        }
        return failures
    }
}

/// `ca audit` at work: the chain and the tables first, then every certificate on all cores.
enum AuditRun {
    private static let chunkSize = 256

    static func run(
        _ ledger: SQLiteStore, registry: SQLiteStore?, _ audit: RowAudit, jobs: Int, console: Console
    ) throws(ToolError) -> LedgerVerdict {
        var verdict = try ledger.verifyLedger(includesContents: false)
        for finding in try ledger.duplicates() { verdict.add(finding) }
        for certificate in audit.certificates {
            guard let failure = try ledger.otherSpelling(ofAuthority: certificate) else { continue }
            verdict.add(LedgerFinding(failure.code, failure.message))
        }
        let names = registry.map { AttestedNames(registry: RegistryDevices($0)) }
        var last = Int64.min
        var done = 0
        try OrderedPipeline.run(
            jobs: jobs,
            makeWorker: { () throws(ToolError) in audit },
            next: { _ throws(ToolError) in
                let rows = try ledger.issuances(after: last, limit: chunkSize)
                guard let end = rows.last else { return .end }
                last = end.id
                return .value(rows)
            },
            process: { (audit: RowAudit, rows: [IssuanceRecord]) in
                (
                    rows: rows, others: Int64(rows.count { audit.isOfOthers($0) }),
                    findings: rows.map { audit.findings($0) }
                )
            },
            deliver: { result throws(ToolError) in
                done += result.rows.count
                verdict.ofOtherAuthorities += result.others
                for (row, findings) in zip(result.rows, result.findings) {
                    for finding in findings { verdict.add(finding) }
                    if audit.isOfOthers(row) { continue }
                    for finding in try names?.findings(row) ?? [] { verdict.add(finding) }
                }
                console.progress(done: done, failed: verdict.findingCount, unit: "certificates")
                return !Interruption.requested
            })
        return verdict
    }
}
