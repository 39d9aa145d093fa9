import CertificateAuthority
import Diagnostics
import Ledger
import OpenSSL
import PKIX
import Testing

@testable import Store

/// A key that is compromised takes everything with it that has it.
@Suite struct CompromiseTests {
    /// An intent for the key of another one, under another profile or CA.
    private func twin(
        of intent: IssuanceIntent, _ number: UInt8, profile: String = "operator", authority: [UInt8]? = nil
    ) -> IssuanceIntent {
        IssuanceIntent(
            authority: authority ?? intent.authority, profile: profile, request: intent.request,
            serial: [0x70, number], keyID: intent.keyID, device: intent.device, subject: intent.subject,
            notBefore: intent.notBefore, notAfter: intent.notAfter, tbsDigest: intent.tbsDigest,
            attestation: nil)
    }

    private func note(_ ledger: TestLedger, _ intent: IssuanceIntent) throws -> IntentOutcome.Draft? {
        let outcome = try ledger.store.exchange([], [intent], reissue: false, at: TestLedger.now).outcomes
            .first
        if case .sign(let draft)? = outcome { return draft }
        return nil
    }

    private func enter(_ ledger: TestLedger, _ draft: IntentOutcome.Draft, _ der: [UInt8]) throws
        -> TakenEntry?
    {
        try ledger.store.exchange(
            [TestLedger.signed(draft, der)], [], reissue: false, at: TestLedger.now + 1
        ).taken[0]
    }

    @Test func allOfTheKeyIsRevoked() throws {
        let ledger = try TestLedger()
        let first = try ledger.intent()
        let der = try ledger.sign(ledger.tbs(first))
        let second = twin(of: first, 1)
        let third = twin(of: first, 2, authority: [UInt8](repeating: 3, count: 32))
        for intent in [first, second, third] {
            #expect(try enter(ledger, #require(try note(ledger, intent)), der) == nil)
        }
        let stranger = try ledger.issue()
        let revocations = try ledger.store.revoke(
            [second.serial], reason: .keyCompromise, at: TestLedger.now + 2)
        #expect(revocations.first?.others.map(\.serial) == [first.serial, third.serial])
        for intent in [first, second, third] {
            #expect(try ledger.store.issuance(ofSerial: intent.serial)?.reason == 1)
        }
        #expect(try ledger.store.issuance(ofSerial: stranger)?.reason == nil)
        // Each by an entry of its own, so that the chain vouches for all of them.
        #expect(try ledger.store.verifyLedger().entries == 7)
        // Again, and by another number of the same key: nothing is left to revoke.
        let again = try ledger.store.revoke([first.serial], reason: .keyCompromise, at: TestLedger.now + 3)
        #expect(again.first?.others == [])
        // Other reasons take nothing with them.
        let other = try ledger.store.revoke([stranger], reason: .superseded, at: TestLedger.now + 3)
        #expect(other.first?.others == [])
    }

    /// Signed while the key was revoked: the certificate is not entered, and never will be.
    @Test func anIntentOfTheKeyIsNeverCompleted() throws {
        let ledger = try TestLedger()
        let first = try ledger.intent()
        let der = try ledger.sign(ledger.tbs(first))
        #expect(try enter(ledger, #require(try note(ledger, first)), der) == nil)
        let second = twin(of: first, 1)
        let draft = try #require(try note(ledger, second))
        let revoked = try ledger.store.revoke([first.serial], reason: .keyCompromise, at: TestLedger.now + 1)
        #expect(revoked.first?.others.map(\.certificate) == [nil])
        guard case .refused(let failure)? = try enter(ledger, draft, der) else {
            Issue.record("the certificate was entered")
            return
        }
        #expect(failure.code == .revoked)
        #expect(try ledger.store.issuance(ofSerial: second.serial)?.certificate == nil)
        let again = try ledger.store.exchange([], [second], reissue: true, at: TestLedger.now + 2).outcomes
            .first
        guard case .rejected(let refusal)? = again else {
            Issue.record("the intent was taken up again")
            return
        }
        #expect(refusal.code == .revoked)
        #expect(try ledger.findings() == [])
    }

    @Test func anAuditFindsWhatStandsWithACompromisedKey() throws {
        let ledger = try TestLedger()
        let first = try ledger.intent()
        let der = try ledger.sign(ledger.tbs(first))
        let second = twin(of: first, 1)
        for intent in [first, second] { _ = try enter(ledger, #require(try note(ledger, intent)), der) }
        _ = try ledger.store.revoke([first.serial], reason: .keyCompromise, at: TestLedger.now + 1)
        #expect(try ledger.store.duplicates().map(\.failure.code).contains(.revoked) == false)
        try ledger.tamper("UPDATE issuance SET revoked_at = NULL, reason = NULL WHERE id = 2")
        #expect(try ledger.store.duplicates().map(\.failure.code).contains(.revoked))
    }
}
