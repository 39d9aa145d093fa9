import CertificateAuthority
import Diagnostics
import OpenSSL
import Store

/// Requests that share their flushes to disk: one for their intents, one for their certificates.
struct IssuanceGroup {
    /// What is known of one request, and what is still to come.
    private enum Entry {
        indirect case finished(IssuanceReport)
        /// The certificate comes with the signature number `slot`.
        case waiting(IssuanceCandidate, slot: Int, existed: Bool)
    }

    private var entries: [Entry] = []
    /// What this group signs, in order.
    let orders: [SigningOrder]
    /// The signatures, in the same order, as they come.
    private var outcomes: [Result<SignedCandidate, ToolError>?]
    private var missing: Int

    /// Whether all signatures are there.
    var isSigned: Bool { missing == 0 }

    /// Enters the ledger's answers to the intents of `items`.
    ///
    /// - Parameter earlier: the groups ahead: what one of them signs too, counts as existing here.
    init(
        _ items: [VettedItem], _ answers: [IntentOutcome], after earlier: [IssuanceGroup]
    ) throws(ToolError) {
        var next = answers.makeIterator()
        var orders: [SigningOrder] = []
        orders.reserveCapacity(answers.count)
        entries.reserveCapacity(items.count)
        for item in items {
            switch item {
            case .finished(let report): entries.append(.finished(report))
            case .candidate(let candidate):
                switch next.next() {
                case .sign(let draft):
                    let existed = !draft.isOwn && earlier.contains { $0.slot(ofRow: draft.id) != nil }
                    entries.append(.waiting(candidate, slot: orders.count, existed: existed))
                    orders.append(SigningOrder(draft: draft, candidate: candidate))
                case .sameAs(let id):
                    let slot = orders.firstIndex { $0.draft.id == id }
                    entries.append(
                        slot.map { .waiting(candidate, slot: $0, existed: true) }
                            ?? Self.unanswered(candidate))
                case .existing(let record):
                    entries.append(.finished(IssuanceReport(candidate, existing: record)))
                case .rejected(let failure):
                    var report = IssuanceReport(candidate)
                    report.failures = [failure]
                    entries.append(.finished(report))
                case nil: entries.append(Self.unanswered(candidate))
                }
            }
        }
        self.orders = orders
        outcomes = Array(repeating: nil, count: orders.count)
        missing = orders.count
    }

    private static func unanswered(_ candidate: IssuanceCandidate) -> Entry {
        var report = IssuanceReport(candidate)
        report.failures = [.init(.internalFault, "the ledger gave no answer")]
        return .finished(report)
    }

    private func slot(ofRow id: Int64) -> Int? { orders.firstIndex { $0.draft.id == id } }

    /// Takes signatures, the first of them for the order number `slot`.
    mutating func enter(_ signatures: [Result<SignedCandidate, ToolError>], from slot: Int) {
        for (index, signature) in zip(slot..., signatures) where outcomes.indices.contains(index) {
            if outcomes[index] == nil { missing -= 1 }
            outcomes[index] = signature
        }
    }

    /// The certificates to be put into the ledger.
    var signed: [SignedIntent] {
        outcomes.compactMap { if case .success(let signed)? = $0 { signed.entry } else { nil } }
    }

    /// The final results, once the ledger has the certificates.
    ///
    /// - Parameter standing: for each of ``signed`` the DER that stands in the ledger.
    func results(_ standing: ArraySlice<[UInt8]>) throws(ToolError) -> [IssuanceReport] {
        var next = standing.makeIterator()
        var finals: [Result<(CertificateSummary, taken: Bool), ToolError>] = []
        finals.reserveCapacity(outcomes.count)
        for outcome in outcomes {
            switch outcome {
            case .success(let signed)?:
                if let der = next.next(), der != signed.entry.certificate {
                    // Another process completed the same intent first: its certificate is the one.
                    let summary = CertificateSummary(
                        signed.intent, der: der, fingerprint: Digest.sha256(der))
                    finals.append(.success((summary, taken: true)))
                } else {
                    let summary = CertificateSummary(
                        signed.intent, der: signed.entry.certificate, fingerprint: signed.entry.fingerprint)
                    finals.append(.success((summary, taken: false)))
                }
            case .failure(let error)?: finals.append(.failure(error))
            case nil: finals.append(.failure(ToolError(.internalFault, "a signature is missing")))
            }
        }
        return entries.map { entry in
            switch entry {
            case .finished(let report): return report
            case .waiting(let candidate, let slot, let existed):
                var report = IssuanceReport(candidate)
                switch finals[slot] {
                case .success(let (certificate, taken)):
                    report.certificate = certificate
                    report.existed = existed || taken
                case .failure(let error): report.failures = [.init(error.code, error.message)]
                }
                return report
            }
        }
    }
}
