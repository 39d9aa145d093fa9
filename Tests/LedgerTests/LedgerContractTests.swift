import Attestation
import DeviceIdentity
import Diagnostics
import Ledger
import OpenSSL
import PKIX
import TestSupport
import Testing

@testable import Store

/// The tables in SQLite answer as tables in memory do, in which nothing is looked up cleverly: for random histories of a few
/// CAs, profiles, devices, keys and names, with runs that die between the steps, reissues and revocations.
@Suite struct LedgerContractTests {
    private struct Pool {
        let authorities: [[UInt8]]
        let profiles = ["device", "operator", "device"]
        let keys: [[UInt8]]
        let devices: [DeviceUUID]
        let names: [String]

        init(_ random: inout SplitMix64) {
            authorities = (0..<2).map { _ in random.bytes(32) }
            keys = (0..<9).map { _ in random.bytes(32) }
            let devices = (0..<5).map { _ in DeviceUUID(bytes: random.bytes(16)[...]) }.compactMap { $0 }
            self.devices = devices
            names =
                devices.map { "CN=\($0)" }
                + [
                    "CN=nrf-352656100000010", "CN=nrf-352656100000028", "CN=pump,O=Works", "CN=Pump",
                    "O=Works",
                ]
        }
    }

    private func intent(_ pool: Pool, _ random: inout SplitMix64) -> IssuanceIntent {
        let key = pool.keys.randomElement(using: &random) ?? []
        let isAttested = Bool.random(using: &random)
        let device = pool.devices.randomElement(using: &random)
        let subject = pool.names.randomElement(using: &random) ?? ""
        let isBare = !isAttested && Int.random(in: 0..<3, using: &random) == 0
        return IssuanceIntent(
            authority: pool.authorities.randomElement(using: &random) ?? [],
            profile: pool.profiles.randomElement(using: &random) ?? "",
            // Two requests a key, so that the same one comes often.
            request: Digest.sha256(key + [UInt8.random(in: 0...1, using: &random)]),
            serial: [0x40] + random.bytes(19), keyID: key, device: isBare ? nil : device, subject: subject,
            notBefore: 1, notAfter: 2, tbsDigest: random.bytes(32),
            attestation: isAttested ? AttestationEvidence(profile: .bound, keyID: random.bytes(32)) : nil,
            isNameProven: isAttested && subject == device.map { "CN=\($0)" },
            objection: !isAttested && Int.random(in: 0..<8, using: &random) == 0
                ? CheckFailure(.notAttested, "the registry knows it") : nil)
    }

    /// The same request once more: only the serial number is another.
    private func again(_ intent: IssuanceIntent, _ random: inout SplitMix64) -> IssuanceIntent {
        IssuanceIntent(
            authority: intent.authority, profile: intent.profile, request: intent.request,
            serial: [0x40] + random.bytes(19), keyID: intent.keyID, device: intent.device,
            subject: intent.subject, notBefore: intent.notBefore, notAfter: intent.notAfter,
            tbsDigest: random.bytes(32), attestation: intent.attestation, isNameProven: intent.isNameProven,
            objection: intent.objection)
    }

    private func signed(_ drafts: [IntentOutcome.Draft]) -> [SignedIntent] {
        var signed = SignedIntents()
        for draft in drafts {
            let certificate = Array("certificate of \(draft.id)".utf8)
            signed.add(draft, certificate: certificate, fingerprint: Digest.sha256(certificate))
        }
        return signed.all
    }

    private func text(_ outcome: IntentOutcome) -> String {
        switch outcome {
        case .sign(let draft):
            "sign \(draft.id) \(draft.isOwn) \(Hex.encode(draft.intent.serial)) \(draft.intent.subject)"
        case .existing(let record): "existing \(record)"
        case .sameAs(let id): "same as \(id)"
        case .rejected(let failure): "rejected \(failure.code.rawValue): \(failure.message)"
        }
    }

    @Test(arguments: Array(UInt64(1)...24))
    func everyEngineKeepsTheSameLedger(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let pool = Pool(&random)
        let ledger = try TestLedger()
        ledger.store.lookup.rowsPerMove = [1, 3, 1_000].randomElement(using: &random) ?? 1
        let memory = MemoryLedger()
        var time: Int64 = TestLedger.now
        var orders: [IntentOutcome.Draft] = []
        var kinds: Set<String> = []
        var earlier: [IssuanceIntent] = []
        for _ in 0..<60 {
            time += 1
            if Int.random(in: 0..<6, using: &random) == 0 {
                let rows = memory.rows
                guard let row = rows.randomElement(using: &random)?.record else { continue }
                let reason: RevocationReason =
                    [.keyCompromise, .certificateHold, .superseded, .superseded].randomElement(using: &random)
                    ?? .superseded
                let authority =
                    Bool.random(using: &random) ? nil : pool.authorities.randomElement(using: &random)
                let expected = memory.revoke(row.serial, issuedBy: authority, reason: reason, at: time)
                let found = try ledger.store.revoke(
                    [row.serial], issuedBy: authority, reason: reason, at: time)
                #expect(text(try #require(found.first).outcome) == expected)
                kinds.insert(String(expected.prefix(7)))
                continue
            }
            var intents = (0..<Int.random(in: 0...4, using: &random)).map { _ in intent(pool, &random) }
            // Requests come twice, in one exchange and in later ones.
            for one in intents where Bool.random(using: &random) { intents.append(again(one, &random)) }
            earlier += intents
            if Bool.random(using: &random), let one = earlier.randomElement(using: &random) {
                intents.append(again(one, &random))
            }
            let reissue = Int.random(in: 0..<4, using: &random) == 0
            // Some are entered late, some by two processes, some never.
            let entered = orders.filter { _ in Bool.random(using: &random) }
            if Bool.random(using: &random) { orders = [] }
            let certificates = signed(entered)
            let expected = try memory.exchange(certificates, intents, reissue: reissue, at: time)
            let found = try ledger.store.exchange(certificates, intents, reissue: reissue, at: time)
            #expect(found.outcomes.map(text) == expected.outcomes.map(text))
            #expect(found.taken == expected.taken)
            for outcome in expected.outcomes {
                kinds.insert(String(text(outcome).prefix(5)))
                if case .sign(let draft) = outcome { orders.append(draft) }
            }
        }
        for row in memory.rows {
            let key = row.record.keyID
            for authority in pool.authorities {
                #expect(
                    try ledger.store.standing(
                        authority: authority, profile: "device", request: row.record.request, keyID: key)
                        == LedgerRules.standing(
                            among: memory.rows.map(\.record).filter { $0.keyID == key }, authority: authority,
                            profile: "device", request: row.record.request))
            }
        }
        // The histories are worth something only if all of it comes about.
        #expect(kinds.isSuperset(of: ["sign ", "same ", "exist", "rejec"]), "\(kinds)")
    }

    private func text(_ outcome: RevocationOutcome) -> String {
        switch outcome {
        case .revoked(let row): "revoked \(row.id)"
        case .existing(let row): "existing \(row.id)"
        case .rejected(let failure): "rejected \(failure.code.rawValue)"
        }
    }
}
