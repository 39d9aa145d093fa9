package import CertificateAuthority
package import Diagnostics
package import Ledger

/// Takes a few requests through the steps, on the thread of whoever asks: those who come at once share the two flushes to
/// disk. Not to be used by two threads at once: ledger, connections and OpenSSL contexts are its own.
package final class IssuanceDesk {
    private let settings: IssuanceSettings
    private let ledger: any IssuanceLedger
    private let bench: VettingBench

    package init(_ settings: IssuanceSettings, ledger: any IssuanceLedger) throws(ToolError) {
        self.settings = settings
        self.ledger = ledger
        bench = try VettingBench(settings)
    }

    /// The outcomes, in the order of the requests.
    ///
    /// - Parameters:
    ///   - plan: of the CA as it is now; its profile is that of the settings.
    ///   - reissue: whether a request of a device that has a certificate gets another one.
    ///   - now: what the ledger writes down as the time, seconds since 1970.
    /// - Throws: ``ToolError`` when the ledger or the key fails: asking again completes what was begun.
    package func issue(
        _ requests: [IssuanceRequest], under plan: IssuancePlan, reissue: Bool, at now: Int64
    ) throws(ToolError) -> [IssuanceOutcome] {
        try ledger.demandStanding(plan.issuer)
        // 1: vet.
        let items = try bench.vet(requests, under: plan)
        let intents = items.compactMap { item -> IssuanceIntent? in
            if case .candidate(let candidate) = item { candidate.intent } else { nil }
        }
        // 2: note.
        let answers =
            intents.isEmpty ? [] : try ledger.exchange([], intents, reissue: reissue, at: now).outcomes
        // 3: sign.
        var blocks: [[SigningOrder]] = []
        var group = IssuanceGroup(items, answers, after: [], under: plan, orders: &blocks)
        if !blocks.isEmpty {
            let signing = try SigningBench(plan: plan)
            for (number, orders) in blocks.enumerated() { group.enter(try signing.sign(orders), as: number) }
        }
        // 4: enter.
        let signed = group.signed
        let taken = signed.isEmpty ? [:] : try ledger.exchange(signed, [], reissue: false, at: now).taken
        // 5: tell.
        return group.outcomes(taken: taken, from: 0)
    }
}
