import DeviceIdentity
import Diagnostics
import PKIX
import SQLite
import Testing

@testable import Store

/// By what the rows of the ledger are found, also once it was moved to where most of it is.
@Suite struct MarkTests {
    private func count(_ ledger: TestLedger, _ table: String) throws -> Int64 {
        try ledger.store.connection.singleInteger("SELECT count(*) FROM \(table)")
    }

    private func exchange(_ ledger: TestLedger, _ intent: IssuanceIntent) throws -> IntentOutcome? {
        try ledger.store.exchange([], [intent], reissue: false, at: TestLedger.now).outcomes.first
    }

    /// The intent with another key, device or request.
    private func altered(
        _ row: IssuanceRecord, keyID: [UInt8]? = nil, device: DeviceUUID? = nil, request: [UInt8]? = nil
    ) -> IssuanceIntent {
        IssuanceIntent(
            authority: row.authority, profile: row.profile, request: request ?? row.request, serial: [9],
            keyID: keyID ?? row.keyID, device: device ?? row.device,
            subject: device == nil ? row.subject : "CN=other", notBefore: row.notBefore,
            notAfter: row.notAfter, tbsDigest: row.tbsDigest, attestation: nil)
    }

    private func code(_ outcome: IntentOutcome?) -> String {
        switch outcome {
        case .sign: "sign"
        case .existing: "existing"
        case .sameAs: "sameAs"
        case .rejected(let failure): failure.code.rawValue
        case nil: "none"
        }
    }

    @Test func marksMoveManyAtATime() throws {
        let ledger = try TestLedger()
        ledger.store.recentRows = 3
        var counts: [[Int64]] = []
        for _ in 0..<6 {
            try ledger.issue()
            counts.append([try count(ledger, "mark"), try count(ledger, "recent_mark")])
        }
        // Four rows, of a key and a device each, were moved before the second transaction of the fifth.
        #expect(counts == [[0, 2], [0, 4], [0, 6], [8, 0], [8, 2], [8, 4]])
        #expect(try ledger.findings() == [])
    }

    /// The same answers whether a row's marks are recent or were moved.
    @Test(arguments: [Int64(0), 2, 100])
    func aRowIsFoundWhereverItsMarksAre(_ recentRows: Int64) throws {
        let ledger = try TestLedger()
        ledger.store.recentRows = recentRows
        let serials = try (0..<6).map { _ in try ledger.issue() }
        let stranger = try #require(DeviceUUID(bytes: [UInt8](repeating: 1, count: 16)[...]))
        for serial in serials {
            let row = try #require(try ledger.store.issuance(ofSerial: serial))
            #expect(
                try ledger.store.standing(
                    authority: row.authority, profile: row.profile, request: row.request, keyID: row.keyID)
                    == row)
            #expect(code(try exchange(ledger, altered(row))) == "existing")
            let other = [UInt8](repeating: 3, count: 32)
            #expect(code(try exchange(ledger, altered(row, device: stranger))) == "key-reused")
            #expect(
                code(try exchange(ledger, altered(row, keyID: other, request: other))) == "duplicate-device")
            var filter = IssuanceFilter()
            filter.device = row.device
            var found: [[UInt8]] = []
            try ledger.store.forEachIssuance(filter, at: TestLedger.now) {
                found.append($0.serial)
                return true
            }
            #expect(found == [serial])
        }
        #expect(try ledger.findings() == [])
        #expect(try count(ledger, "issuance") == 6)
    }

    /// Eight octets are no key: another one that begins with them is another one.
    @Test func aMarkInCommonIsNoKeyInCommon() throws {
        let ledger = try TestLedger()
        let row = try #require(try ledger.store.issuance(ofSerial: try ledger.issue()))
        var keyID = row.keyID
        keyID[31] ^= 1
        let stranger = try #require(DeviceUUID(bytes: [UInt8](repeating: 1, count: 16)[...]))
        let other = altered(row, keyID: keyID, device: stranger, request: [UInt8](repeating: 3, count: 32))
        #expect(code(try exchange(ledger, other)) == "sign")
        #expect(
            try ledger.store.standing(
                authority: row.authority, profile: row.profile, request: row.request, keyID: keyID) == nil)
    }
}
