import CertificateAuthority
import DeviceIdentity
import Diagnostics
import Ledger
import PKIX
import SQLite
import Testing

@testable import Store

@Suite struct VerificationTests {
    @Test func anUntouchedLedgerIsSound() throws {
        let ledger = try TestLedger()
        for _ in 0..<4 { try ledger.issue() }
        let verdict = try ledger.store.verifyLedger()
        #expect(verdict.findings == [])
        #expect(verdict.isSound)
        #expect(verdict.entries == 4)
        #expect(verdict.certificates == 4)
        #expect(verdict.intents == 0)
        #expect(verdict.head.sequence == 4)
        #expect(verdict.headTime == TestLedger.now)
        #expect(try ledger.findings(verdict.head) == [])
        #expect(try ledger.findings(.origin) == [])
    }

    @Test func anEmptyLedgerIsSound() throws {
        let verdict = try TestLedger().store.verifyLedger(checkpoint: .origin)
        #expect(verdict.isSound)
        #expect(verdict.head == .origin)
        #expect(verdict.headTime == nil)
    }

    @Test func anEditedEntryIsNamedByItsCertificate() throws {
        let ledger = try TestLedger()
        for _ in 0..<4 { try ledger.issue() }
        try ledger.tamper("UPDATE certificate SET issued_at = issued_at + 1 WHERE seq = 3")
        let verdict = try ledger.store.verifyLedger()
        #expect(verdict.findings.map(\.failure.message) == [editedEntry(3)])
        #expect(verdict.findings.map(\.sequence) == [3])
        #expect(verdict.findings.map { $0.serial.map(Hex.encode) } == [name(3)])
    }

    @Test func anEditedHashIsNamed() throws {
        let ledger = try TestLedger()
        for _ in 0..<4 { try ledger.issue() }
        try ledger.tamper("UPDATE certificate SET hash = zeroblob(32) WHERE seq = 2")
        #expect(try ledger.findings() == [editedEntry(2), editedEntry(3)])
    }

    @Test func aRemovedEntryIsNamed() throws {
        let ledger = try TestLedger()
        for _ in 0..<4 { try ledger.issue() }
        try ledger.tamper("DELETE FROM certificate WHERE seq = 2")
        let verdict = try ledger.store.verifyLedger()
        #expect(verdict.findings.map(\.failure.message) == ["entry 2 is missing from the audit chain"])
        #expect(verdict.intents == 1)
    }

    @Test func aCertificateWithoutItsEntryIsNamed() throws {
        let ledger = try TestLedger()
        for _ in 0..<2 { try ledger.issue() }
        try ledger.tamper("UPDATE certificate SET seq = NULL, hash = NULL WHERE seq = 2")
        #expect(try ledger.findings() == ["no entry of the audit chain issues the certificate \(name(2))"])
    }

    @Test(arguments: [(2, 3), (1, 2), (2, 5), (1, 6)])
    func swappedEntriesAreNamed(_ first: Int, _ second: Int) throws {
        let ledger = try TestLedger()
        for _ in 0..<6 { try ledger.issue() }
        try ledger.tamper(
            """
            UPDATE certificate SET seq = -1 WHERE seq = \(first);
            UPDATE certificate SET seq = \(first) WHERE seq = \(second);
            UPDATE certificate SET seq = \(second) WHERE seq = -1;
            """)
        #expect(
            try ledger.findings() == [
                "entry \(first) is what was entry \(second): entries were reordered",
                "entry \(second) is what was entry \(first): entries were reordered",
            ])
    }

    @Test func aTailThatWasCutOffIsFoundWithTheCheckpointOnly() throws {
        let ledger = try TestLedger()
        for _ in 0..<5 { try ledger.issue() }
        let head = try ledger.store.verifyLedger().head
        try ledger.tamper(
            """
            DELETE FROM certificate WHERE seq > 3;
            DELETE FROM issuance WHERE serial IN (x'\(name(4))', x'\(name(5))');
            """)
        #expect(try ledger.findings() == [])
        let verdict = try ledger.store.verifyLedger(checkpoint: head)
        #expect(
            verdict.findings.map(\.failure.message)
                == ["entries 4…5 were cut off: the checkpoint knows entry 5"])
        #expect(verdict.findings.first?.sequence == 4)
    }

    @Test func aChainWrittenAnewIsFoundWithTheCheckpoint() throws {
        let ledger = try TestLedger()
        for _ in 0..<2 { try ledger.issue() }
        let head = try ledger.store.verifyLedger().head
        let forged = LedgerPosition(sequence: head.sequence, hash: [UInt8](repeating: 1, count: 32))
        #expect(
            try ledger.findings(forged)
                == ["entry 2 or one before it is not the one of the checkpoint"])
        let earlier = LedgerPosition(sequence: 0, hash: forged.hash)
        #expect(
            try ledger.findings(earlier)
                == ["entry 0 or one before it is not the one of the checkpoint"])
    }

    @Test func aRemovedCertificateIsNamed() throws {
        let ledger = try TestLedger()
        for _ in 0..<3 { try ledger.issue() }
        try ledger.tamper(
            "DELETE FROM certificate WHERE id = 2; DELETE FROM issuance WHERE serial = x'\(name(2))'")
        #expect(
            try ledger.findings() == ["entry 2 is missing from the audit chain"])
    }

    @Test func aRemovedRowIsNamed() throws {
        let ledger = try TestLedger()
        for _ in 0..<3 { try ledger.issue() }
        try ledger.tamper("DELETE FROM issuance WHERE serial = x'\(name(2))'")
        #expect(
            try ledger.findings() == [
                "the row of the certificate of entry 2 is missing from the ledger",
                "certificates without a row in the ledger: 1",
            ])
    }

    @Test(arguments: [
        "INSERT INTO series VALUES (9, (SELECT authority FROM series), 'server'); UPDATE issuance SET series = 9",
        "INSERT INTO series VALUES (9, zeroblob(32), 'device'); UPDATE issuance SET series = 9",
        "UPDATE issuance SET request = zeroblob(32)", "UPDATE issuance SET device = NULL",
        "UPDATE certificate SET issued_at = issued_at - 1", "UPDATE certificate SET der = x'3000'",
    ])
    func anEditedRowIsNamed(_ change: String) throws {
        let ledger = try TestLedger()
        for _ in 0..<2 { try ledger.issue() }
        try ledger.tamper("\(change) WHERE id = 2")
        #expect(try ledger.findings() == [editedEntry(2)])
    }

    /// What a row is found by follows from it: an edit leaves it under its old marks.
    @Test(arguments: [
        ("UPDATE issuance SET device = zeroblob(16)", "device"),
        ("UPDATE issuance SET attestation_profile = 'bound', attestation_key = zeroblob(32)", "name"),
    ])
    func anEditedRowIsNotWhereItWouldBeLookedFor(_ change: String, _ what: String) throws {
        let ledger = try TestLedger()
        for _ in 0..<2 { try ledger.issue() }
        try ledger.tamper("\(change) WHERE id = 2")
        let message = "the \(what) of \(name(2)) is not in the look-up index"
        // The common name is filed as a name.
        #expect(try ledger.findings() == [editedEntry(2), message])
    }

    @Test func anEditedSerialNumberIsNamedAsItIsNow() throws {
        let ledger = try TestLedger()
        for _ in 0..<2 { try ledger.issue() }
        try ledger.tamper("UPDATE issuance SET serial = x'\(name(9))' WHERE id = 2")
        #expect(try ledger.findings() == [editedEntry(2, serial: 9)])
    }

    @Test func aRowThatIsNotUnderItsKeysIsNamed() throws {
        let ledger = try TestLedger()
        for _ in 0..<2 { try ledger.issue() }
        let row = try #require(try ledger.store.issuance(ofSerial: serial(2)))
        let device = try #require(row.device)
        for (key, what) in [
            (LookupKey(digest: row.keyID), "key"),
            (try ledger.store.lookup.secret().device(device), "device"),
        ] {
            try ledger.tamper("UPDATE recent_mark SET issuance = 1 WHERE mark = \(key.bits)")
            #expect(try ledger.findings() == ["the \(what) of \(name(2)) is not in the look-up index"])
            try ledger.tamper("UPDATE recent_mark SET issuance = 2 WHERE mark = \(key.bits)")
        }
        #expect(try ledger.findings() == [])
    }

    @Test func aCertificateNobodyIssuedIsNamed() throws {
        let ledger = try TestLedger()
        try ledger.issue()
        try ledger.tamper(
            """
            INSERT INTO issuance (id, series, request, serial, key_id, subject, not_before, not_after,
                tbs_digest, intended_at)
            SELECT 2, series, randomblob(32), x'0b', key_id, subject, not_before, not_after, tbs_digest,
                intended_at FROM issuance;
            INSERT INTO certificate SELECT 2, issued_at, der, NULL, NULL FROM certificate;
            INSERT INTO recent_mark SELECT mark, 2 FROM recent_mark;
            """)
        #expect(try ledger.findings() == ["no entry of the audit chain issues the certificate 0b"])
    }

    /// Numbers at the end of their range end the run with an error, not with a trap.
    @Test(arguments: [
        "UPDATE certificate SET seq = 9223372036854775807",
        "PRAGMA foreign_keys = OFF; UPDATE issuance SET id = 9223372036854775807",
    ])
    func aNumberAtTheEndOfItsRangeIsAnError(_ change: String) throws {
        let ledger = try TestLedger()
        try ledger.issue()
        try ledger.tamper(change)
        #expect(throws: ToolError.self) { try ledger.issue() }
    }

    @Test func aReplacementNobodyIssuedIsNamed() throws {
        let ledger = try TestLedger()
        for _ in 0..<2 { try ledger.issue() }
        try ledger.tamper("UPDATE issuance SET replaced_by = 2 WHERE id = 1")
        #expect(
            try ledger.findings() == ["no certificate replaces \(name(1)), which is marked as replaced"])
    }

    @Test func aCertificateWithoutARowIsNamed() throws {
        let ledger = try TestLedger()
        try ledger.issue()
        try ledger.tamper("INSERT INTO certificate SELECT 7, issued_at, der, NULL, NULL FROM certificate")
        #expect(try ledger.findings() == ["certificates without a row in the ledger: 1"])
    }

    @Test func aRevocationNobodyMadeIsNamed() throws {
        let ledger = try TestLedger()
        try ledger.issue()
        try ledger.tamper("UPDATE issuance SET revoked_at = 1, reason = 1")
        #expect(try ledger.findings() == ["no entry of the audit chain revokes the certificate \(name(1))"])
    }

    @Test func trustNobodyGaveIsNamed() throws {
        let ledger = try TestLedger()
        try ledger.tamper(
            """
            INSERT INTO device (uuid, registered_at, point, trust, key_since)
            VALUES (x'000102030405060708090a0b0c0d0e0f', 1, zeroblob(65), 1, 1)
            """)
        #expect(
            try ledger.findings() == [
                "no entry of the audit chain trusts the key of device 00010203-0405-0607-0809-0a0b0c0d0e0f"
            ])
    }

    @Test func aListNobodySignedIsNamed() throws {
        let ledger = try TestLedger()
        try ledger.tamper("INSERT INTO crl VALUES (zeroblob(32), 1, 1, 2, zeroblob(32))")
        #expect(try ledger.findings() == ["the ledger knows 1 revocation lists, the audit chain 0"])
    }

    @Test func manyFindingsAreCountedAndBounded() throws {
        let ledger = try TestLedger()
        for _ in 0..<600 { try ledger.issue() }
        try ledger.tamper("UPDATE certificate SET issued_at = 5; UPDATE issuance SET replaced_by = 1")
        let verdict = try ledger.store.verifyLedger()
        // Each by its hash, and as replaced by nothing.
        #expect(verdict.findingCount == 1200)
        #expect(
            verdict.findings.map(\.sequence)
                == (1...600).map { Int64($0) } + [Int64?](repeating: nil, count: 400))
    }
}

@Suite struct CheckpointTests {
    @Test func onlyTheOwnAuthorityAndTheOwnTextCount() throws {
        let ledger = try TestLedger()
        let hash = [UInt8](repeating: 9, count: 32)
        func checkpoint(_ sequence: Int64, at: Int64 = TestLedger.now) -> LedgerCheckpoint {
            LedgerCheckpoint(sequence: sequence, hash: hash, at: at, authority: ledger.issuer.identity)
        }
        let signature = try checkpoint(7).signature(by: ledger.issuer)
        let known = try ledger.known()
        #expect(
            try checkpoint(7).verified(signature: signature, by: known).get().checkpoint == checkpoint(7))
        func code(_ checkpoint: LedgerCheckpoint, _ signature: [UInt8], _ known: KnownAuthority) -> String? {
            if case .failure(let failure) = checkpoint.verified(signature: signature, by: known) {
                return failure.code.rawValue
            }
            return nil
        }
        #expect(code(checkpoint(6), signature, known) == "signature")
        #expect(code(checkpoint(7, at: TestLedger.now + 1), signature, known) == "signature")
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(code(checkpoint(7), changed, known) == "signature")
        }
        let other = try KnownAuthority(der: TestLedger.authority("CN=Root").0.certificate.der)
        #expect(code(checkpoint(7), signature, other) == "signature")
        let early = checkpoint(7, at: 1)
        #expect(code(early, try early.signature(by: ledger.issuer), known) == "validity")
    }
}
