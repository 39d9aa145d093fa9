import DeviceIdentity
import Diagnostics
import Ledger
import SQLite
import Testing

@testable import Store

@Suite struct BloomFilterTests {
    /// Keys in no order, all of one range.
    private func keys(_ count: Int, seed: UInt64) -> [LookupKey] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return LookupKey(bits: Int64(truncatingIfNeeded: state >> 21))
        }
    }

    @Test(arguments: [0, 1, 1_000, 20_000])
    func whatWasPutInIsFound(_ count: Int) {
        var filter = BloomFilter(capacity: count)
        let inside = keys(count, seed: 1)
        for key in inside { filter.insert(key) }
        #expect(filter.count == count)
        #expect(inside.allSatisfy { filter.mayContain($0) })
        // Eight bits a key and three probes: 3.1 % of what was not put in, less with more room.
        let wrong = keys(20_000, seed: 2).count { filter.mayContain($0) }
        #expect(wrong < 20_000 * 36 / 1_000)
        #expect(count > 0 || wrong == 0)
    }

    @Test func itIsFullWhenItAnswersTooOften() {
        var filter = BloomFilter(capacity: 1)
        #expect(filter.octets.count == 1_024)
        for key in keys(1_023, seed: 3) { filter.insert(key) }
        #expect(!filter.isFull)
        filter.insert(LookupKey(bits: 7))
        #expect(filter.isFull)
    }

    @Test func whatCannotBeAFilterIsNone() {
        #expect(BloomFilter(count: 1, octets: [UInt8](repeating: 0, count: 2_048)) != nil)
        #expect(BloomFilter(count: 1, octets: []) == nil)
        #expect(BloomFilter(count: 1, octets: [UInt8](repeating: 0, count: 512)) == nil)
        #expect(BloomFilter(count: 1, octets: [UInt8](repeating: 0, count: 3_000)) == nil)
        #expect(BloomFilter(count: -1, octets: [UInt8](repeating: 0, count: 2_048)) == nil)
    }

    /// A ledger whose marks moved, asked for more keys and devices than it takes until filters are used.
    private func usedLedger(_ count: Int = 200) throws -> TestLedger {
        let ledger = try TestLedger()
        ledger.store.lookup.rowsPerMove = 1
        for _ in 0..<count { try ledger.issue() }
        return ledger
    }

    /// Whether the key of a row is refused to another device.
    private func isRefused(_ row: IssuanceRecord, by store: SQLiteStore) throws -> Bool {
        let intent = IssuanceIntent(
            authority: row.authority, profile: row.profile, request: row.request, serial: [9],
            keyID: row.keyID, device: DeviceUUID(bytes: [UInt8](repeating: 1, count: 16)[...]),
            subject: "CN=other", notBefore: row.notBefore, notAfter: row.notAfter, tbsDigest: row.tbsDigest,
            attestation: nil)
        let outcome = try store.exchange([], [intent], reissue: false, at: TestLedger.now).outcomes.first
        if case .rejected(let failure)? = outcome { return failure.code == .keyReused }
        return false
    }

    private func rows(_ ledger: TestLedger) throws -> [IssuanceRecord] {
        var rows: [IssuanceRecord] = []
        try ledger.store.forEachIssuance(at: TestLedger.now) {
            rows.append($0)
            return true
        }
        return rows
    }

    /// How many marks are in the large table.
    private func filed(_ ledger: TestLedger) throws -> Int64 {
        try ledger.store.connection.singleInteger("SELECT count(*) FROM mark")
    }

    @Test func filtersHoldAllThatMoved() throws {
        let ledger = try usedLedger()
        #expect(try ledger.findings() == [])
        let select = try ledger.store.connection.prepare("SELECT mark FROM mark")
        var count = 0
        while try select.step() {
            let key = LookupKey(bits: select.integer(0))
            let filter = try #require(try ledger.store.lookup.filter(of: LookupIndex.range(of: key)))
            #expect(filter.mayContain(key))
            count += 1
        }
        #expect(count > 200)
        #expect(
            try ledger.store.connection.singleInteger("SELECT sum(entries) FROM mark_filter") == Int64(count))
    }

    /// Also by a connection whose filters are old because another one moved marks.
    @Test(arguments: [true, false])
    func noKeyIsPassedOver(_ movesItself: Bool) throws {
        let ledger = try usedLedger()
        let other = try SQLiteStore(path: ledger.path, access: .readWrite)
        other.lookup.rowsPerMove = 1
        let store = movesItself ? ledger.store : other
        // More look-ups than it takes until filters are read.
        for _ in 0..<3 {
            for row in try rows(ledger) { #expect(try isRefused(row, by: store)) }
        }
        for _ in 0..<80 {
            let serial = try ledger.issue()
            let row = try #require(try ledger.store.issuance(ofSerial: serial))
            #expect(try isRefused(row, by: store))
        }
        for row in try rows(ledger) { #expect(try isRefused(row, by: store)) }
        #expect(try ledger.findings() == [])
        #expect(try rows(ledger).count == 280)
    }

    /// Nothing is looked for in a large table that is empty, until somebody moves marks there.
    @Test(arguments: [true, false])
    func anEmptyTableIsLookedAtOnceMarksMoved(_ movesItself: Bool) throws {
        let ledger = try TestLedger()
        let other = try SQLiteStore(path: ledger.path, access: .readWrite)
        let store = movesItself ? ledger.store : other
        for _ in 0..<40 {
            try ledger.issue()
            for row in try rows(ledger) { #expect(try isRefused(row, by: store)) }
        }
        // A key that is nowhere is looked for in the large table too.
        let unknown = try store.exchange([], [ledger.intent()], reissue: false, at: TestLedger.now)
        guard case .sign? = unknown.outcomes.first else {
            Issue.record("expected an order to sign, found \(unknown.outcomes)")
            return
        }
        #expect(try filed(ledger) == 0)
        ledger.store.lookup.rowsPerMove = 1
        other.lookup.rowsPerMove = 1
        for number in 0..<60 {
            try ledger.issue()
            guard number % 10 == 0 else { continue }
            for row in try rows(ledger) { #expect(try isRefused(row, by: store)) }
        }
        #expect(try filed(ledger) > 60)
    }

    @Test func aFilterThatPassesAMarkOverIsNamed() throws {
        let ledger = try usedLedger(80)
        try ledger.tamper("UPDATE mark_filter SET octets = zeroblob(1024)")
        let filed = try filed(ledger)
        #expect(filed > 0)
        let findings = try ledger.findings()
        #expect(findings.count == Int(filed))
        #expect(findings.allSatisfy { $0.hasSuffix("is not in the look-up index") })
        // Without one, the table is looked at.
        try ledger.tamper("DELETE FROM mark_filter")
        #expect(try ledger.findings() == [])
    }
}
