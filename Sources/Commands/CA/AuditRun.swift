import Batches
import CertificateAuthority
import DeviceIdentity
import Diagnostics
import InputOutput
import Issuance
import JSON
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

/// Rows of a ledger in the order of their numbers.
struct LedgerRows: ChunkSource {
    private static let chunkSize = 256

    private let ledger: SQLiteStore
    private var last = Int64.min

    init(_ ledger: SQLiteStore) { self.ledger = ledger }

    mutating func next(_ demand: InputDemand) throws(ToolError) -> Arrival<[IssuanceRecord]> {
        let rows = try ledger.issuances(after: last, limit: Self.chunkSize)
        guard let end = rows.last else { return .end }
        last = end.id
        return .value(rows)
    }
}

/// Checks each row of a ledger by itself. One per thread.
final class RowJudge: Judge {
    private let audit: RowAudit

    init(_ audit: RowAudit) { self.audit = audit }

    func judge(_ rows: [IssuanceRecord], _ results: inout Results<AuditedRow>) {
        for row in rows {
            results.add(
                AuditedRow(row: row, isOfOthers: audit.isOfOthers(row), findings: audit.findings(row)))
        }
    }
}

/// What was found in one row; it is told with all others in the end.
struct AuditedRow: Report {
    let row: IssuanceRecord
    /// Whether a CA that was not given issued it.
    let isOfOthers: Bool
    let findings: [LedgerFinding]

    var outcome: Outcome { findings.isEmpty ? .good : .rejected }
    var reason: String? { findings.first?.failure.code.rawValue }
    var text: [UInt8] { [] }
    func write(json writer: inout JSONWriter) {}
}

/// `ca audit` at work: the chain and the tables first, then every certificate on all cores.
enum AuditRun {
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
        let settlement = Settlement<AuditedRow> { rows throws(ToolError) in
            for row in rows {
                for finding in row.findings { verdict.add(finding) }
                if row.isOfOthers {
                    verdict.ofOtherAuthorities += 1
                } else {
                    for finding in try names?.findings(row.row) ?? [] { verdict.add(finding) }
                }
            }
            return true
        }
        // A ledger without certificates is well.
        let run = BatchRun(.certificate, form: .unwritten, jobs: jobs, mayBeEmpty: true)
        _ = try run.run(
            LedgerRows(ledger), to: StandardStream.output(), telling: console, settlement: settlement
        ) {
            RowJudge(audit)
        }
        return verdict
    }
}
