import CertificateAuthority
import Diagnostics
import Store

/// Requests that share their flushes to disk: one for their intents, one for their certificates.
struct IssuanceGroup {
    /// What is still to come for a result.
    enum Waiting {
        case nothing
        /// The certificate of this row of the ledger.
        case row(Int64)
    }

    private(set) var reports: [IssuanceReport] = []
    private var waiting: [Waiting] = []
    /// The rows that this group signs, in order, with their certificates as they come.
    private var rows: [Int64] = []
    private var ownRows: Set<Int64> = []
    private var certificates: [Int64: Result<IssuedCertificate, ToolError>] = [:]

    /// Whether all signatures are there.
    var isSigned: Bool { certificates.count == rows.count }

    /// Enters the ledger's answers to the intents of `items`.
    ///
    /// - Parameter earlier: the groups ahead: what one of them signs too, counts as existing here.
    init(
        _ items: [VettedItem], _ outcomes: [IntentOutcome], after earlier: [IssuanceGroup]
    ) throws(ToolError) {
        var next = outcomes.makeIterator()
        for item in items {
            switch item {
            case .finished(let report):
                reports.append(report)
                waiting.append(.nothing)
            case .drafted(var report, _):
                var wait = Waiting.nothing
                switch next.next() {
                case .sign(let draft):
                    rows.append(draft.id)
                    ownRows.insert(draft.id)
                    report.existed = earlier.contains { $0.ownRows.contains(draft.id) }
                    wait = .row(draft.id)
                case .sameAs(let id):
                    report.existed = true
                    wait = .row(id)
                case .existing(let record):
                    report.existed = true
                    if let der = record.certificate { report.certificate = try CertificateSummary(der: der) }
                case .rejected(let failure): report.failures = [failure]
                case nil: report.failures = [.init(.internalFault, "the ledger gave no answer")]
                }
                reports.append(report)
                waiting.append(wait)
            }
        }
    }

    mutating func enter(_ id: Int64, _ outcome: Result<IssuedCertificate, ToolError>) {
        certificates[id] = outcome
    }

    /// The certificates to be put into the ledger.
    var signed: [SignedIntent] {
        rows.compactMap { id in
            guard case .success(let certificate) = certificates[id] else { return nil }
            return SignedIntent(id: id, certificate: certificate.der)
        }
    }

    /// The final results, once the ledger has the certificates.
    ///
    /// - Parameter standing: for each of ``signed`` the DER that stands in the ledger.
    func results(_ standing: [[UInt8]]) throws(ToolError) -> [IssuanceReport] {
        var final: [Int64: CertificateSummary] = [:]
        var taken: Set<Int64> = []
        for (entry, der) in zip(signed, standing) {
            if case .success(let issued) = certificates[entry.id], issued.der == der {
                final[entry.id] = CertificateSummary(issued)
            } else {
                // Another process completed the same intent first: its certificate is the one.
                final[entry.id] = try CertificateSummary(der: der)
                taken.insert(entry.id)
            }
        }
        var results = reports
        for (index, wait) in waiting.enumerated() {
            guard case .row(let id) = wait else { continue }
            if let certificate = final[id] {
                results[index].certificate = certificate
                if taken.contains(id) { results[index].existed = true }
            } else if case .failure(let error) = certificates[id] {
                results[index].failures = [.init(error.code, error.message)]
            }
        }
        return results
    }
}
