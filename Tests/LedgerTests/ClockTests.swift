import CertificateAuthority
import Diagnostics
import Ledger
import PKIX
import Store
import Testing

/// The one rule for the clocks of all that make entries.
@Suite struct ClockTests {
    private static let year: Int64 = 365 * 86_400
    /// The most that a clock may be ahead.
    private static let leap: Int64 = 400 * 86_400

    private static let offsets: [(Int64, ClockVerdict)] = [
        (0, .plausible), (-300, .plausible), (-301, .behind(301)), (leap, .plausible),
        (leap + 1, .ahead(leap + 1)), (-70 * year, .behind(70 * year)), (70 * year, .ahead(70 * year)),
        (Int64.max - TestLedger.now, .ahead(Int64.max - TestLedger.now)),
    ]

    @Test(arguments: offsets)
    func aClockIsHeldAgainstTheLastEntry(_ offset: Int64, _ verdict: ClockVerdict) throws {
        let ledger = try TestLedger()
        try ledger.issue()
        #expect(try ledger.store.clockVerdict(TestLedger.now + offset) == verdict)
        if verdict == .plausible {
            try ledger.store.checkClock(TestLedger.now + offset)
        } else {
            #expect(throws: ToolError.self) { try ledger.store.checkClock(TestLedger.now + offset) }
        }
        #expect(try ledger.store.verifyLedger().entries == 1)
    }

    /// The first entry has nothing to be held against but the years in which this program is used.
    @Test(
        arguments: [
            (0, false), (1_704_067_199, false), (1_704_067_200, true), (2_840_140_799, true),
            (2_840_140_800, false), (Int64.min, false), (Int64.max, false),
        ] as [(Int64, Bool)])
    func theFirstEntryIsOfOurTime(_ now: Int64, _ isPlausible: Bool) throws {
        let verdict = try TestLedger().store.clockVerdict(now)
        #expect(verdict == (isPlausible ? .plausible : .unlikely))
    }

    @Test func whatIsConfirmedIsEnteredAndHoldsFromThenOn() throws {
        let ledger = try TestLedger()
        try ledger.issue(at: TestLedger.now + 70 * Self.year)
        #expect(throws: ToolError.self) { try ledger.store.checkClock(TestLedger.now) }
        try ledger.store.checkClock(TestLedger.now, isConfirmed: true)
        try ledger.store.checkClock(TestLedger.now + 5)
        try ledger.store.checkClock(TestLedger.now + 5, isConfirmed: true)
        let verdict = try ledger.store.verifyLedger()
        #expect(verdict.isSound)
        // Only where it mattered.
        #expect(verdict.entries == 2)
        #expect(verdict.headTime == TestLedger.now)
    }

    private static let revocations: [(Int64, Int64)] = [
        (-70 * year, 0), (-301, 0), (-1, 0), (0, 0), (86_400, 86_400), (leap, leap),
        // A clock that nothing else is entered by is not believed here either.
        (leap + 1, 0), (70 * year, 0),
    ]

    @Test(arguments: revocations)
    func aRevocationWaitsForNoClock(_ offset: Int64, _ expected: Int64) throws {
        let ledger = try TestLedger()
        let serial = try ledger.issue()
        let outcome = try ledger.store.revoke([serial], reason: .keyCompromise, at: TestLedger.now + offset)
            .first?.outcome
        guard case .revoked(let row)? = outcome else {
            Issue.record("expected a revocation, found \(String(describing: outcome))")
            return
        }
        #expect(row.revokedAt == TestLedger.now + expected)
        #expect(try ledger.findings() == [])
    }

    /// To a verifier, a revocation of the future would not have begun.
    @Test func aListDatesNoRevocationLaterThanItself() throws {
        let ledger = try TestLedger()
        let serial = try ledger.issue(at: TestLedger.now + 70 * Self.year)
        _ = try ledger.store.revoke([serial], reason: .keyCompromise, at: TestLedger.now)
        var dates: [Int64] = []
        _ = try ledger.store.issueRevocationList(
            authority: ledger.issuer.identity, thisUpdate: TestLedger.now, nextUpdate: TestLedger.now + 60
        ) { order in
            dates = order.certificates.map(\.at)
            return []
        }
        #expect(dates == [TestLedger.now])
        #expect(try ledger.findings() == [])
    }
}
