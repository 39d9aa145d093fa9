import Diagnostics
import Ledger
import PKIX
import Store
import Testing

/// Finding the certificate of a request beside the one who issues.
@Suite struct StandingTests {
    private func standing(_ ledger: TestLedger, _ intent: IssuanceIntent) throws -> IssuanceRecord? {
        try ledger.store.standing(
            authority: intent.authority, profile: intent.profile, request: intent.request,
            keyID: intent.keyID)
    }

    @Test func onlyWhatWasEnteredStands() throws {
        let ledger = try TestLedger()
        let intent = try ledger.intent()
        #expect(try standing(ledger, intent) == nil)
        guard
            case .sign(let draft)? = try ledger.store.exchange(
                [], [intent], reissue: false, at: TestLedger.now
            ).outcomes.first
        else {
            Issue.record("expected an order to sign")
            return
        }
        #expect(try standing(ledger, intent) == nil)
        let der = try ledger.sign(ledger.tbs(intent))
        _ = try ledger.store.exchange(
            [TestLedger.signed(draft, der)], [], reissue: false, at: TestLedger.now)
        #expect(try standing(ledger, intent)?.certificate == der)
        #expect(try standing(ledger, intent) == ledger.store.issuance(ofSerial: intent.serial))
        let other = try ledger.store.standing(
            authority: intent.authority, profile: "operator", request: intent.request, keyID: intent.keyID)
        #expect(other == nil)
    }

    @Test(arguments: [RevocationReason.superseded, .keyCompromise])
    func whatWasRevokedDoesNotStand(_ reason: RevocationReason) throws {
        let ledger = try TestLedger()
        let serial = try ledger.issue()
        let row = try #require(try ledger.store.issuance(ofSerial: serial))
        func found() throws -> IssuanceRecord? {
            try ledger.store.standing(
                authority: row.authority, profile: row.profile, request: row.request, keyID: row.keyID)
        }
        #expect(try found() == row)
        _ = try ledger.store.revoke([serial], reason: reason, at: TestLedger.now)
        #expect(try found() == nil)
    }

    /// Another certificate of the same key tells: the key is lost, whatever certificate holds it.
    @Test func aKeyThatWasCompromisedElsewhereDoesNotStand() throws {
        let ledger = try TestLedger()
        let first = try ledger.issue()
        let second = try ledger.issue()
        let row = try #require(try ledger.store.issuance(ofSerial: first))
        func found() throws -> IssuanceRecord? {
            try ledger.store.standing(
                authority: row.authority, profile: row.profile, request: row.request, keyID: row.keyID)
        }
        #expect(try found() == row)
        try ledger.tamper(
            """
            UPDATE issuance SET key_id = (SELECT key_id FROM issuance WHERE id = 1) WHERE id = 2;
            INSERT INTO recent_mark SELECT mark, 2 FROM recent_mark WHERE issuance = 1;
            """)
        #expect(try found() == row)
        _ = try ledger.store.revoke([second], reason: .keyCompromise, at: TestLedger.now)
        #expect(try found() == nil)
    }
}
