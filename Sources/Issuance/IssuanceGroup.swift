import CertificateAuthority
import Diagnostics
import Ledger
import OpenSSL

/// Requests that share their flushes to disk: one for their intents, one for their certificates.
struct IssuanceGroup {
    /// What is known of one request, and what is still to come.
    private enum Entry {
        indirect case finished(IssuanceOutcome)
        /// The certificate comes with the signature number `slot`. The candidate itself goes with the order to sign it.
        case waiting(RequestOrigin, IssuanceIntent, IssuanceRemarks?, slot: Int, existed: Bool)
    }

    /// Drafts in a block of orders: enough for all cores, small enough to share them evenly.
    static var blockSize: Int { 32 }

    private var entries: [Entry] = []
    /// The rows of the ledger that this group signs, in the order of the slots.
    private var rows: [Int64] = []
    /// What was made of the blocks of orders, in order, as it comes.
    private var blocks: [SignedBlock?] = []
    private var missing = 0

    /// Whether all signatures are there.
    var isSigned: Bool { missing == 0 }

    /// Enters the ledger's answers to the intents of `items`.
    ///
    /// - Parameters:
    ///   - earlier: the groups ahead: what one of them signs too, counts as existing here.
    ///   - plan: what a certificate of an earlier run is held against.
    ///   - orders: gets what is to be signed, in blocks whose number ``enter(_:as:)`` takes.
    init(
        _ items: [VettedItem], _ answers: [IntentOutcome], after earlier: [IssuanceGroup],
        under plan: IssuancePlan, orders: inout [[SigningOrder]]
    ) {
        var next = answers.makeIterator()
        var block: [SigningOrder] = []
        entries.reserveCapacity(items.count)
        rows.reserveCapacity(answers.count)
        for item in items {
            switch item {
            case .finished(let outcome): entries.append(.finished(outcome))
            case .candidate(let candidate):
                switch next.next() {
                case .sign(let draft):
                    let existed = !draft.isOwn && earlier.contains { $0.slot(ofRow: draft.id) != nil }
                    let order = SigningOrder(draft, candidate, existed: existed, under: plan)
                    entries.append(
                        .waiting(
                            candidate.origin, candidate.intent, order.remarks, slot: rows.count,
                            existed: existed))
                    rows.append(draft.id)
                    if block.count == Self.blockSize {
                        orders.append(block)
                        block = []
                    }
                    block.append(order)
                case .sameAs(let id):
                    entries.append(
                        slot(ofRow: id).map {
                            .waiting(
                                candidate.origin, candidate.intent, candidate.remarks, slot: $0, existed: true
                            )
                        } ?? .finished(.unanswered(candidate)))
                case .existing(let record):
                    entries.append(.finished(IssuanceOutcome(candidate, existing: record, under: plan)))
                case .rejected(let failure):
                    entries.append(.finished(IssuanceOutcome(candidate, rejected: failure)))
                case nil: entries.append(.finished(.unanswered(candidate)))
                }
            }
        }
        if !block.isEmpty { orders.append(block) }
        missing = orders.count
        blocks = Array(repeating: nil, count: missing)
    }

    private func slot(ofRow id: Int64) -> Int? { rows.firstIndex(of: id) }

    /// Takes what was made of block number `number` of this group's orders.
    mutating func enter(_ block: SignedBlock, as number: Int) {
        guard blocks.indices.contains(number) else { return }
        if blocks[number] == nil { missing -= 1 }
        blocks[number] = block
    }

    /// The certificates to be put into the ledger, in the order of the slots.
    var signed: [SignedIntent] {
        var signed: [SignedIntent] = []
        signed.reserveCapacity(rows.count)
        for block in blocks { signed += block?.signed ?? [] }
        return signed
    }

    /// The outcomes, once the ledger has the certificates.
    ///
    /// - Parameters:
    ///   - taken: what stands in the ledger in place of one of ``signed``, by its place among the certificates of one
    ///     transaction.
    ///   - first: the place of this group's first.
    func outcomes(taken: [Int: TakenEntry], from first: Int) -> [IssuanceOutcome] {
        let signatures = signatures(taken, first)
        return entries.map { entry in
            switch entry {
            case .finished(let outcome): return outcome
            case .waiting(let origin, let intent, let remarks, let slot, let existed):
                var outcome = IssuanceOutcome(origin, intent, remarks)
                switch signatures.indices.contains(slot) ? signatures[slot] : .missing {
                case .missing: outcome.failures = [.init(.internalFault, "a signature is missing")]
                case .failed(let failure): outcome.failures = [failure]
                case .made(let certificate, let isOthers):
                    outcome.certificate = certificate
                    outcome.existed = existed || isOthers
                }
                return outcome
            }
        }
    }

    private enum Signature {
        case missing
        case failed(CheckFailure)
        /// Where another process completed the same intent first, its certificate is the one.
        case made(CertificateSummary, isOthers: Bool)
    }

    /// What came of each slot.
    private func signatures(_ taken: [Int: TakenEntry], _ first: Int) -> [Signature] {
        var signatures: [Signature] = []
        signatures.reserveCapacity(rows.count)
        var place = first
        for block in blocks {
            var signed = (block?.signed ?? []).makeIterator()
            for outcome in block?.outcomes ?? [] {
                switch outcome {
                case .failed(let error):
                    signatures.append(.failed(.init(error.code, error.message, hint: error.hint)))
                case .signed(let fingerprint):
                    guard let entry = signed.next() else {
                        signatures.append(.missing)
                        continue
                    }
                    signatures.append(Self.signature(entry, fingerprint, taken[place]))
                    place += 1
                }
            }
        }
        return signatures
    }

    private static func signature(
        _ entry: SignedIntent, _ fingerprint: [UInt8], _ other: TakenEntry?
    ) -> Signature {
        switch other {
        case .refused(let failure): .failed(failure)
        case .certificate(let der):
            .made(
                CertificateSummary(entry.intent, der: der, fingerprint: Digest.sha256(der)), isOthers: true)
        case nil:
            .made(
                CertificateSummary(entry.intent, der: entry.certificate, fingerprint: fingerprint),
                isOthers: false)
        }
    }
}
