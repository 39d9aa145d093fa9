import CertificateAuthority
import Diagnostics
import Ledger
import OpenSSL
import PKIX
import Store
import Testing

@Suite struct RevocationTests {
    @Test func aRevocationIsInTheLedgerAndInTheChain() throws {
        let ledger = try TestLedger()
        let first = try ledger.issue()
        let second = try ledger.issue()
        let outcomes = try ledger.store.revoke(
            [second, first, second, [1]], reason: .superseded, at: TestLedger.now + 5
        ).map(\.outcome)
        let rows = try [first, second].map { try #require(try ledger.store.issuance(ofSerial: $0)) }
        #expect(
            outcomes == [
                .revoked(rows[1]), .revoked(rows[0]), .existing(rows[1]),
                .rejected(
                    CheckFailure(.unknownKey, "the ledger has no certificate with the serial number 01")),
            ])
        #expect(rows.map(\.revokedAt) == [TestLedger.now + 5, TestLedger.now + 5])
        #expect(rows.map(\.reason) == [4, 4])
        #expect(rows.map { $0.status(at: TestLedger.now) } == [.revoked, .revoked])
        let verdict = try ledger.store.verifyLedger()
        #expect(verdict.isSound)
        #expect(verdict.entries == 4)
    }

    @Test func anIntentIsNotRevoked() throws {
        let ledger = try TestLedger()
        let intent = try ledger.intent()
        _ = try ledger.store.exchange([], [intent], reissue: false, at: TestLedger.now)
        #expect(
            try ledger.store.revoke([intent.serial], reason: .superseded, at: TestLedger.now).map(\.outcome)
                == [
                    .rejected(
                        CheckFailure(.unknownKey, "\(name(1)) is an intent that never became a certificate"))
                ])
    }

    /// Every reason after every other: only a hold ends, and only a compromise is learned later.
    @Test func reasonsChangeByTheRuleOnly() throws {
        for old in RevocationReason.allCases {
            for new in RevocationReason.allCases {
                let ledger = try TestLedger()
                let serial = try ledger.issue()
                _ = try ledger.store.revoke([serial], reason: old, at: TestLedger.now)
                let outcome = try ledger.store.revoke([serial], reason: new, at: TestLedger.now + 9).first?
                    .outcome
                let row = try #require(try ledger.store.issuance(ofSerial: serial))
                #expect(row.revokedAt == TestLedger.now)
                if old == new {
                    #expect(outcome == .existing(row))
                } else if old == .certificateHold || new == .keyCompromise {
                    #expect(outcome == .revoked(row))
                    #expect(row.reason == Int64(new.rawValue))
                } else {
                    let message = "\(name(1)) is revoked for another reason, \(old.name)"
                    #expect(outcome == .rejected(CheckFailure(.revoked, message)))
                    #expect(row.reason == Int64(old.rawValue))
                }
                #expect(try ledger.findings() == [])
            }
        }
    }

    @Test func theReasonIsThatOfTheLastEntry() throws {
        let ledger = try TestLedger()
        let serial = try ledger.issue()
        _ = try ledger.store.revoke([serial], reason: .certificateHold, at: TestLedger.now)
        _ = try ledger.store.revoke([serial], reason: .superseded, at: TestLedger.now)
        #expect(try ledger.findings() == [])
        // Back on hold, as an earlier entry says.
        try ledger.tamper("UPDATE issuance SET reason = 6")
        #expect(
            try ledger.findings()
                == ["the revocation of \(name(1)) by entry 3 is not what the ledger says"])
    }

    @Test func theTimeIsThatOfTheFirstEntry() throws {
        let ledger = try TestLedger()
        let serial = try ledger.issue()
        _ = try ledger.store.revoke([serial], reason: .certificateHold, at: TestLedger.now)
        _ = try ledger.store.revoke([serial], reason: .superseded, at: TestLedger.now + 7)
        #expect(try ledger.findings() == [])
        try ledger.tamper("UPDATE issuance SET revoked_at = revoked_at + 7")
        #expect(
            try ledger.findings()
                == ["the revocation of \(name(1)) by entry 2 is not what the ledger says"])
    }

    @Test func aRevocationTakenBackByHandIsNamed() throws {
        let ledger = try TestLedger()
        let serial = try ledger.issue()
        _ = try ledger.store.revoke([serial], reason: .keyCompromise, at: TestLedger.now)
        try ledger.tamper("UPDATE issuance SET revoked_at = NULL, reason = NULL")
        #expect(
            try ledger.findings()
                == ["the revocation of \(name(1)) by entry 2 is not what the ledger says"])
    }
}

@Suite struct RevocationListTests {
    private func make(_ ledger: TestLedger, at time: Int64) throws -> (number: Int64, der: [UInt8]) {
        try ledger.store.issueRevocationList(
            authority: ledger.issuer.identity, thisUpdate: time, nextUpdate: time + 60
        ) { order throws(ToolError) in
            let entries = order.certificates.compactMap { revoked in
                CertificateSerial(magnitude: revoked.serial).map {
                    RevokedEntry(serial: $0, revokedAt: revoked.at, reason: revoked.reason)
                }
            }
            return try ledger.issuer.revocationList(
                entries, number: order.number, thisUpdate: time, nextUpdate: time + 60)
        }
    }

    /// A list is as new as it says, whatever an earlier one said: what is revoked has to come out.
    @Test func numbersGoUpAndNoTimeIsWaitedFor() throws {
        let ledger = try TestLedger()
        #expect(try make(ledger, at: TestLedger.now).number == 1)
        #expect(try make(ledger, at: TestLedger.now).number == 2)
        #expect(try make(ledger, at: TestLedger.now - 1).number == 3)
        #expect(try make(ledger, at: TestLedger.now + 1).number == 4)
        #expect(try ledger.findings() == [])
        try ledger.tamper("UPDATE crl SET digest = zeroblob(32) WHERE number = 2")
        #expect(try ledger.findings() == ["CRL 2 of entry 2 is not the one that the ledger knows"])
    }

    @Test func aListThatIsNotSignedUsesNoNumber() throws {
        let ledger = try TestLedger()
        #expect(throws: ToolError(.internalFault, "no")) {
            try ledger.store.issueRevocationList(
                authority: ledger.issuer.identity, thisUpdate: 1, nextUpdate: 2
            ) { _ throws(ToolError) in throw ToolError(.internalFault, "no") }
        }
        #expect(try ledger.store.verifyLedger().entries == 0)
        #expect(try make(ledger, at: TestLedger.now).number == 1)
    }

    @Test func entriesAreSortedAsNumbers() throws {
        let ledger = try TestLedger()
        for _ in 0..<3 { try ledger.issue() }
        try ledger.tamper("UPDATE issuance SET serial = x'ff' WHERE id = 1")
        _ = try ledger.store.revoke(
            [[0xff], ledger.store.issuance(ofSerial: serial(3))?.serial ?? [], serial(2)],
            reason: .superseded, at: TestLedger.now)
        var found: [[UInt8]] = []
        _ = try ledger.store.issueRevocationList(
            authority: ledger.issuer.identity, thisUpdate: 1, nextUpdate: 2
        ) { order in
            found = order.certificates.map(\.serial)
            return []
        }
        #expect(found == [[0xff], serial(2), serial(3)])
    }

    private func serial(_ count: UInt8) -> [UInt8] { [0x40] + [UInt8](repeating: 0, count: 18) + [count] }

    @Test func theWholeListIsAsRFC5280Says() throws {
        let (issuer, _) = try TestLedger.authority("CN=R")
        let entries = [
            RevokedEntry(
                serial: try #require(CertificateSerial(magnitude: [0x80])), revokedAt: 0, reason: .unspecified
            ),
            RevokedEntry(
                serial: try #require(CertificateSerial(magnitude: [1, 2])), revokedAt: 2_524_608_000,
                reason: .aACompromise),
        ]
        let list = RevocationListTBS(
            issuer: issuer.certificate.subject, thisUpdate: 1, nextUpdate: 2, number: 300,
            authorityKeyIdentifier: [7], entries: entries)
        let der = try #require(list.der(.ecdsa(.sha256)))
        var reader = DERReader(der)
        var body = try reader.enter(.sequence, "list")
        try reader.finish("list")
        #expect(try body.smallInteger("version") == 1)
        _ = try body.read(.sequence, "algorithm")
        _ = try body.read(.sequence, "issuer")
        _ = try body.read(.utcTime, "this update")
        _ = try body.read(.utcTime, "next update")
        let revoked = try body.read(.sequence, "revoked certificates")
        #expect(
            hexadecimal(der[revoked.content])
                == "3013" + "02020080" + "170d3730303130313030303030305a"
                + "3023" + "02020102" + "180f32303530303130313030303030305a"
                + "300c" + "300a0603551d1504030a010a")
        let extensions = try body.read(.constructed(0), "extensions")
        #expect(
            hexadecimal(der[extensions.content])
                == "301b" + "300c0603551d23" + "0405" + "3003800107" + "300b0603551d14" + "0404" + "0202012c")
        try body.finish("list")
        let empty = RevocationListTBS(
            issuer: issuer.certificate.subject, thisUpdate: 1, nextUpdate: 2, number: 1,
            authorityKeyIdentifier: [7], entries: [])
        var emptyReader = DERReader(try #require(empty.der(.ecdsa(.sha256))))
        var emptyBody = try emptyReader.enter(.sequence, "list")
        for _ in 0..<5 { _ = try emptyBody.next() }
        #expect(emptyBody.nextTag == .constructed(0))
    }

    /// A verifier obeys the list.
    @Test func verifiersObeyIt() throws {
        let ledger = try TestLedger()
        let revoked = try ledger.issue()
        let standing = try ledger.issue()
        _ = try ledger.store.revoke([revoked], reason: .keyCompromise, at: TestLedger.now)
        let list = try make(ledger, at: TestLedger.now)
        let verifier = try CertificateChainVerifier(
            anchors: [X509Certificate(der: ledger.issuer.certificate.der)],
            revocationLists: [RevocationList(der: list.der)])
        func code(_ serial: [UInt8]) throws -> ErrorCode? {
            let row = try #require(try ledger.store.issuance(ofSerial: serial))
            let certificate = try X509Certificate(der: try #require(row.certificate))
            if case .failure(let failure) = verifier.verify(
                certificate, at: TestLedger.now + 1, purpose: .client)
            {
                return failure.code
            }
            return nil
        }
        #expect(try code(revoked) == .revoked)
        #expect(try code(standing) == nil)
    }

    @Test func timesAndNumbersHaveBounds() throws {
        let (issuer, _) = try TestLedger.authority("CN=R")
        for (number, this, next) in [
            (1, 5, 5), (1, 6, 5), (0, 1, 2), (Int64.max, 1, 2), (1, 1, 253_402_300_800),
            (1, Int64.min, 2),
        ] as [(Int64, Int64, Int64)] {
            #expect(throws: ToolError.self) {
                try issuer.revocationList([], number: number, thisUpdate: this, nextUpdate: next)
            }
        }
    }
}

private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
