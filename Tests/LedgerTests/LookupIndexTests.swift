import DeviceIdentity
import Diagnostics
import Ledger
import PKIX
import SQLite
import Testing

@testable import Store

/// By what the rows of the ledger are found, also once it was moved to where most of it is.
@Suite struct LookupIndexTests {
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

    /// All of the range whose turn it is move, and nothing else; nothing moves while there are few.
    @Test func marksMoveByRanges() throws {
        let ledger = try TestLedger()
        ledger.store.lookup.rowsPerMove = 1
        for number in 1...80 {
            let before = try ledger.state()
            try ledger.issue()
            let after = try ledger.state()
            let due = max(Int64(number) - 32, 0)
            #expect(after.moves == due)
            let moved = after.filed.subtracting(before.filed)
            #expect(moved.allSatisfy { due > 0 && $0.mark >> 43 == due % 32 })
            #expect(after.recent.allSatisfy { due == 0 || $0.mark >> 43 != due % 32 })
            #expect(after.filed.isSuperset(of: before.filed))
            #expect(after.filed.count + after.recent.count == number * 2)
        }
        #expect(try ledger.state().filed.count > 0)
        #expect(try ledger.findings() == [])
    }

    /// A run of another size than this one's, or a store of a program that never moved any.
    @Test func movesThatWereMissedAreMadeUpFor() throws {
        let ledger = try TestLedger()
        for _ in 0..<80 { try ledger.issue() }
        #expect(try ledger.state().filed == [])
        ledger.store.lookup.rowsPerMove = 2
        try ledger.issue()
        var state = try ledger.state()
        #expect(state.moves == 8)
        #expect(Set(state.filed.map { $0.mark >> 43 }).isSubset(of: Set(1...8)))
        #expect(state.recent.allSatisfy { !(1...8).contains($0.mark >> 43) || $0.issuance == 81 })
        ledger.store.lookup.rowsPerMove = 1
        try ledger.issue()
        state = try ledger.state()
        #expect(state.moves == 50)
        #expect(state.recent.allSatisfy { $0.issuance == 82 })
        #expect(try ledger.findings() == [])
    }

    /// Numbers nobody counts to.
    @Test(arguments: [Int64.max, .min, -1])
    func movesThatCannotBeAreNoTrap(_ moves: Int64) throws {
        let ledger = try TestLedger()
        ledger.store.lookup.rowsPerMove = 1
        for _ in 0..<40 { try ledger.issue() }
        try ledger.tamper("UPDATE filing SET moves = \(moves)")
        for _ in 0..<4 { try ledger.issue() }
        #expect(try ledger.findings() == [])
    }

    @Test func marksAreSpread() throws {
        let secret = try TestLedger().store.lookup.secret()
        // Lots, and devices counted up: what real identities look like.
        var marks: Set<Int64> = []
        var ranges = [Int](repeating: 0, count: 32)
        for lot in 0..<32 {
            for number in 0..<256 {
                let bytes = Array("P\(String(lot + 10))19D".utf8) + [0, 0x80, 0x22, 0, 0, 0, 0, 0, 0]
                let uuid = try #require(
                    DeviceUUID(bytes: (bytes.prefix(15) + [UInt8(number)]).prefix(16)))
                let mark = secret.device(uuid).bits
                #expect((0..<(1 << 48)).contains(mark))
                marks.insert(mark)
                ranges[Int(mark >> 43)] += 1
            }
        }
        #expect(marks.count == 8192)
        // 256 are expected in each; five standard deviations are 80.
        #expect(ranges.allSatisfy { (176...336).contains($0) })
        #expect(LookupKey(digest: [0xFF, 1, 2, 3, 4, 5, 6, 7]) == LookupKey(bits: 0xFF01_0203_0405))
    }

    /// The same answers whether a row's marks are recent or were moved.
    @Test(arguments: [Int64(1), 1_000])
    func aRowIsFoundWhereverItsMarksAre(_ rowsPerMove: Int64) throws {
        let ledger = try TestLedger()
        ledger.store.lookup.rowsPerMove = rowsPerMove
        let serials = try (0..<70).map { _ in try ledger.issue() }
        #expect(try ledger.state().filed.isEmpty == (rowsPerMove > 1))
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
        #expect(try ledger.store.connection.singleInteger("SELECT count(*) FROM issuance") == 70)
    }

    /// Six octets are no key: another one that begins with them is another one.
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

/// Where the marks of a ledger are.
private struct MarkState {
    struct Entry: Hashable {
        let mark: Int64
        let issuance: Int64
    }

    var filed: Set<Entry> = []
    var recent: Set<Entry> = []
    var moves: Int64 = 0
}

extension TestLedger {
    fileprivate func state() throws -> MarkState {
        func entries(_ table: String) throws -> Set<MarkState.Entry> {
            let select = try store.connection.prepare("SELECT mark, issuance FROM \(table)")
            var entries: Set<MarkState.Entry> = []
            while try select.step() {
                entries.insert(.init(mark: select.integer(0), issuance: select.integer(1)))
            }
            return entries
        }
        return MarkState(
            filed: try entries("mark"), recent: try entries("recent_mark"),
            moves: try store.connection.singleInteger("SELECT moves FROM filing"))
    }
}
