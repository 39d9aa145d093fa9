import CertificateAuthority
import Diagnostics
import Ledger
import OpenSSL
import PKIX
import SQLite
import Store
import Testing

@testable import Commands

@Suite struct AuditTests {
    private func audit(_ ledger: TestLedger, _ known: [KnownAuthority]? = nil) throws -> LedgerVerdict {
        try AuditRun.run(
            ledger.store, registry: ledger.store,
            RowAudit((known ?? [ledger.known()]).map { ($0, .standard) }), jobs: 2,
            console: Console(json: false, quiet: true))
    }

    private func messages(_ ledger: TestLedger, _ known: [KnownAuthority]? = nil) throws -> [String] {
        try audit(ledger, known).findings.map(\.failure).map { "\($0.code.rawValue): \($0.message)" }
    }

    @Test func whatWasIssuedIsSound() throws {
        let ledger = try TestLedger()
        for _ in 0..<600 { try ledger.issue() }
        let verdict = try audit(ledger)
        #expect(verdict.findings == [])
        #expect(verdict.certificates == 600)
    }

    @Test func anIntentWithoutACertificateIsNamed() throws {
        let ledger = try TestLedger()
        try ledger.issue()
        _ = try ledger.store.exchange([], [ledger.intent()], reissue: false, at: TestLedger.now)
        let verdict = try audit(ledger)
        #expect(verdict.intents == 1)
        #expect(
            verdict.findings.map(\.failure.message) == [
                "\(name(2)): an intent without a certificate; issuing the same request again completes it"
            ])
    }

    /// Every octet of the certificate, changed behind the ledger's back.
    @Test func aChangedCertificateIsNamed() throws {
        let ledger = try TestLedger()
        let serial = try ledger.issue()
        let der = try #require(try ledger.store.issuance(ofSerial: serial)?.certificate)
        let connection = try Connection(path: ledger.path, mode: .readWrite)
        let update = try connection.prepare("UPDATE certificate SET der = ?")
        for index in der.indices {
            var changed = der
            changed[index] ^= 1
            try update.run(.blob(changed))
            let found = try messages(ledger)
            #expect(
                found.first
                    == "digest: \(editedEntry(1))")
            #expect(found.count > 1, "octet \(index)")
        }
    }

    /// In the signature, so that what is signed is still what was intended.
    @Test func aChangedSignatureIsNamed() throws {
        let ledger = try TestLedger()
        let serial = try ledger.issue()
        var der = try #require(try ledger.store.issuance(ofSerial: serial)?.certificate)
        der[der.count - 1] ^= 1
        let connection = try Connection(path: ledger.path, mode: .readWrite)
        try connection.prepare("UPDATE certificate SET der = ?").run(.blob(der))
        #expect(
            try messages(ledger) == [
                "digest: \(editedEntry(1))",
                "chain: \(name(1)): the signature is not the CA's",
            ])
    }

    @Test func exchangedCertificatesAreNamed() throws {
        let ledger = try TestLedger()
        for _ in 0..<2 { try ledger.issue() }
        try ledger.tamper(
            """
            UPDATE certificate SET der = (SELECT der FROM certificate WHERE id = 2) WHERE id = 1
            """)
        #expect(
            try messages(ledger) == [
                "digest: \(editedEntry(1))",
                "digest: \(name(1)): the certificate is not the one that was intended",
                "digest: \(name(1)): the serial number is not the one in the ledger",
                "digest: \(name(1)): the public key is not the one in the ledger",
                "digest: \(name(1)): the subject is not the one in the ledger",
            ])
    }

    @Test(arguments: [
        ("subject = 'CN=x'", "digest: %: the subject is not the one in the ledger"),
        ("not_after = not_after + 1", "digest: %: the validity is not the one in the ledger"),
        ("not_before = not_before - 1", "digest: %: the validity is not the one in the ledger"),
        (
            "key_id = zeroblob(32); INSERT INTO recent_mark VALUES (0, 1)",
            "digest: %: the public key is not the one in the ledger"
        ),
        ("tbs_digest = zeroblob(32)", "digest: %: the certificate is not the one that was intended"),
    ])
    func anEditedRowIsNamed(_ change: String, _ message: String) throws {
        let ledger = try TestLedger()
        try ledger.issue()
        try ledger.tamper("UPDATE issuance SET \(change)")
        #expect(try messages(ledger) == [message.replacing("%", with: name(1))])
    }

    @Test func aProfileOrAuthorityThatIsUnknownIsNamed() throws {
        let ledger = try TestLedger()
        try ledger.issue()
        let stranger = try KnownAuthority(der: TestLedger.authority("CN=Root").0.certificate.der)
        // A ledger may be shared: what was not checked is counted, so that it can be said.
        #expect(try messages(ledger, [stranger]) == [])
        #expect(try audit(ledger, [stranger]).ofOtherAuthorities == 1)
        #expect(try audit(ledger, []).ofOtherAuthorities == 1)
        #expect(try messages(ledger, [stranger, ledger.known()]) == [])
        #expect(try audit(ledger, [stranger, ledger.known()]).ofOtherAuthorities == 0)
        try ledger.tamper("UPDATE series SET profile = 'gateway'")
        #expect(try messages(ledger).last == "profile: \(name(1)): unknown profile 'gateway'")
    }

    /// Signed by the CA's own key, recorded as it is, and still not what the profile allows.
    @Test func aCertificateThatBreaksItsProfileIsNamed() throws {
        let ledger = try TestLedger()
        try ledger.enter { intent in
            var tbs = try ledger.tbs(intent)
            // digitalSignature and keyAgreement: 03 02 03 88; keyEncipherment beside them: a8.
            let usage = try #require(tbs.firstRange(of: [0x03, 0x02, 0x03, 0x88]))
            tbs[usage.upperBound - 1] = 0xA8
            return try ledger.sign(tbs)
        }
        #expect(
            try messages(ledger) == [
                "digest: \(name(1)): the certificate is not the one that was intended",
                "lint: \(name(1)): the extension 2.5.29.15 is not the profile's",
            ])
    }

    @Test func whatHasToBeUniqueIsCounted() throws {
        let ledger = try TestLedger()
        for _ in 0..<2 { try ledger.issue() }
        try ledger.tamper("UPDATE issuance SET key_id = (SELECT key_id FROM issuance WHERE id = 1)")
        let found = try ledger.store.duplicates()
        #expect(found.map(\.failure.code) == [.keyReused])
        #expect(found.first?.failure.message.hasSuffix("is certified for 2 devices") == true)
        try ledger.tamper(
            "UPDATE issuance SET request = (SELECT request FROM issuance WHERE id = 1)")
        #expect(try ledger.store.duplicates().map(\.failure.code) == [.keyReused, .lint])
    }

    @Test func aSerialNumberUsedTwiceIsNamed() throws {
        let ledger = try TestLedger()
        try ledger.issue()
        // The constraint is part of the table, so somebody has to make the table anew.
        try ledger.tamper(
            """
            CREATE TABLE forged AS SELECT * FROM issuance;
            INSERT INTO forged SELECT * FROM issuance;
            UPDATE forged SET id = rowid, request = randomblob(32);
            DROP TABLE issuance;
            ALTER TABLE forged RENAME TO issuance;
            """)
        let found = try ledger.store.duplicates()
        #expect(found.map(\.failure.message) == ["the serial number \(name(1)) was used 2 times"])
    }
}
