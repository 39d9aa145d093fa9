import CertificateAuthority
import Diagnostics
import OpenSSL
import Store

/// Requests that share their flushes to disk: one for their intents, one for their certificates.
struct IssuanceGroup {
    /// What is known of one request, and what is still to come.
    private enum Entry {
        indirect case finished(IssuanceReport)
        /// The certificate comes with the signature number `slot`. The candidate itself goes with the order to sign it.
        case waiting(InputLocation, IssuanceIntent, IssuanceRemarks?, slot: Int, existed: Bool)
    }

    /// Drafts in a signing job: enough for all cores, small enough to share them evenly.
    static let jobSize = 32

    private var entries: [Entry] = []
    /// The rows of the ledger that this group signs, in the order of the slots.
    private var rows: [Int64] = []
    /// What the signing jobs made, in order, as it comes.
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
        under plan: IssuancePlan,
        orders: inout [[SigningOrder]]
    ) {
        var next = answers.makeIterator()
        var block: [SigningOrder] = []
        entries.reserveCapacity(items.count)
        rows.reserveCapacity(answers.count)
        for item in items {
            switch item {
            case .finished(let report): entries.append(.finished(report))
            case .candidate(let candidate):
                switch next.next() {
                case .sign(let draft):
                    let existed = !draft.isOwn && earlier.contains { $0.slot(ofRow: draft.id) != nil }
                    let order = SigningOrder(draft, candidate, existed: existed, under: plan)
                    entries.append(
                        .waiting(
                            candidate.location, candidate.intent, order.remarks, slot: rows.count,
                            existed: existed))
                    rows.append(draft.id)
                    if block.count == Self.jobSize {
                        orders.append(block)
                        block = []
                    }
                    block.append(order)
                case .sameAs(let id):
                    entries.append(
                        slot(ofRow: id).map {
                            .waiting(
                                candidate.location, candidate.intent, candidate.remarks, slot: $0,
                                existed: true)
                        } ?? .finished(.unanswered(candidate)))
                case .existing(let record):
                    entries.append(.finished(IssuanceReport(candidate, existing: record, under: plan)))
                case .rejected(let failure):
                    entries.append(.finished(IssuanceReport(candidate, rejected: failure)))
                case nil: entries.append(.finished(.unanswered(candidate)))
                }
            }
        }
        if !block.isEmpty { orders.append(block) }
        missing = (rows.count + Self.jobSize - 1) / Self.jobSize
        blocks = Array(repeating: nil, count: missing)
    }

    private func slot(ofRow id: Int64) -> Int? { rows.firstIndex(of: id) }

    /// Takes what the signing job number `number` of this group made.
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

    // MARK: Results

    /// The final results, once the ledger has the certificates.
    ///
    /// - Parameters:
    ///   - taken: what stands in the ledger in place of one of ``signed``, by its place among the certificates of one
    ///     transaction.
    ///   - first: the place of this group's first.
    ///   - tellsNotes: whether results with notes are wanted as such, because what is printed has none.
    func results(taken: [Int: TakenEntry], from first: Int, tellsNotes: Bool) -> [IssuanceEmission] {
        let others = taken.isEmpty ? [:] : others(taken, first)
        var emissions: [IssuanceEmission] = []
        var run = PrintedRun()
        for entry in entries {
            switch entry {
            case .finished(let report):
                run.end(&emissions, blocks)
                emissions.append(.report(report))
            case .waiting(let location, let intent, let remarks, let slot, let existed):
                let (number, index) = slot.quotientAndRemainder(dividingBy: Self.jobSize)
                if others[slot] == nil, !tellsNotes || remarks?.notes.isEmpty != false,
                    let block = blocks[number], slot == run.nextSlot,
                    block.places.indices.contains(index), case .signed = block.outcomes[index]
                {
                    run.add(block.places[index], of: number, existed, &emissions, blocks)
                } else {
                    run.end(&emissions, blocks)
                    emissions.append(.report(report(location, intent, remarks, slot, existed, others[slot])))
                }
                run.nextSlot = max(run.nextSlot, slot + 1)
            }
        }
        run.end(&emissions, blocks)
        return emissions
    }

    /// What is there in place of certificates, by slot.
    private func others(_ taken: [Int: TakenEntry], _ first: Int) -> [Int: TakenEntry] {
        var others: [Int: TakenEntry] = [:]
        var place = first
        for (number, block) in blocks.enumerated() {
            for (index, outcome) in (block?.outcomes ?? []).enumerated() {
                guard case .signed = outcome else { continue }
                others[number * Self.jobSize + index] = taken[place]
                place += 1
            }
        }
        return others
    }

    private func report(
        _ location: InputLocation, _ intent: IssuanceIntent, _ remarks: IssuanceRemarks?, _ slot: Int,
        _ existed: Bool, _ other: TakenEntry?
    ) -> IssuanceReport {
        var report = IssuanceReport(location, intent, remarks)
        let (number, index) = slot.quotientAndRemainder(dividingBy: Self.jobSize)
        guard blocks.indices.contains(number), let block = blocks[number],
            block.outcomes.indices.contains(index)
        else {
            report.failures = [.init(.internalFault, "a signature is missing")]
            return report
        }
        switch block.outcomes[index] {
        case .signed:
            let place = block.outcomes[..<index].count { if case .signed = $0 { true } else { false } }
            guard block.signed.indices.contains(place) else {
                report.failures = [.init(.internalFault, "a signature is missing")]
                return report
            }
            let signed = block.signed[place]
            // Where another process completed the same intent first, its certificate is the one.
            let der: [UInt8]
            switch other {
            case .refused(let failure):
                report.failures = [failure]
                return report
            case .certificate(let octets): der = octets
            case nil: der = signed.certificate
            }
            report.certificate = CertificateSummary(
                signed.intent, der: der, fingerprint: Digest.sha256(der))
            report.existed = existed || other != nil
        case .failed(let error): report.failures = [.init(error.code, error.message)]
        }
        return report
    }
}

/// Printed results that lie one behind the other in the text of one block.
private struct PrintedRun {
    /// The slot behind all that went out so far: another one is printed again.
    var nextSlot = 0
    private var block = 0
    private var range = 0..<0
    private var issued = 0
    private var existing = 0

    mutating func add(
        _ part: Range<Int>, of number: Int, _ existed: Bool, _ emissions: inout [IssuanceEmission],
        _ blocks: [SignedBlock?]
    ) {
        if number != block || part.lowerBound != range.upperBound {
            end(&emissions, blocks)
            block = number
            range = part
        } else {
            range = range.lowerBound..<part.upperBound
        }
        if existed { existing += 1 } else { issued += 1 }
    }

    mutating func end(_ emissions: inout [IssuanceEmission], _ blocks: [SignedBlock?]) {
        guard issued + existing > 0, blocks.indices.contains(block), let text = blocks[block]?.text else {
            return
        }
        emissions.append(.printed(text[range], issued: issued, existing: existing))
        issued = 0
        existing = 0
        range = range.upperBound..<range.upperBound
    }
}
