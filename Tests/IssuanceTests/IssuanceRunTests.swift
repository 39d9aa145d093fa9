import Attestation
import CertificateAuthority
import Diagnostics
import InputOutput
import OpenSSL
import PKIX
import Ledger
import Synchronization
import TestSupport
import Testing

@testable import Issuance

@Suite struct IssuanceRunTests {
    private static let now = IssuanceBed.now

    private func requests(_ count: Int) throws -> [IssuanceRequest] {
        try (0..<count).map {
            IssuanceRequest(
                RequestOrigin(place: $0), .request(.bare(try IssuanceBed.request($0)), RequestExpectations()))
        }
    }

    private func run(
        _ bed: IssuanceBed, _ source: RequestList, _ ledger: WitnessLedger, _ listener: Listener,
        jobs: Int = 2, until stop: StopSignal = .never
    ) throws(ToolError) {
        try IssuanceRun(
            bed.settings, source: source, ledger: ledger, receiver: listener, jobs: jobs, now: Self.now,
            until: stop
        ).run()
    }

    private func expectNoComplaints(_ ledger: WitnessLedger, _ listener: Listener) {
        #expect(ledger.complaints == [])
        #expect(listener.complaints == [])
    }

    /// For whatever mixture of requests, block sizes, jobs and pauses: each is told once, in order, and what is told is
    /// entered. Copies of a request get its one certificate.
    @Test(arguments: Array(UInt64(1)...12))
    func everyRequestIsToldOnceAndInOrder(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let bed = try IssuanceBed(concurrency: [1, 2, .max].randomElement(using: &random) ?? 1)
        let good = try requests(Int.random(in: 1...160, using: &random))
        var all: [IssuanceRequest] = []
        var expected: [Bool] = []
        for _ in 0..<Int.random(in: 1...400, using: &random) {
            let origin = RequestOrigin(place: all.count)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: all.append(.init(origin, .unusable(.init(.pem, "no request"))))
            case 1: all.append(.init(origin, .unreadable(ToolError(.io, "no such file"))))
            default:
                all.append(.init(origin, good[Int.random(in: 0..<good.count, using: &random)].content))
                expected.append(true)
                continue
            }
            expected.append(false)
        }
        let blockSize = Int.random(in: 1...50, using: &random)
        var source = RequestList(all, perBlock: blockSize)
        for block in 0..<(all.count / blockSize) where Bool.random(using: &random) {
            source.pauses.insert(block)
        }
        let ledger = WitnessLedger()
        let listener = Listener(ledger)
        try run(bed, source, ledger, listener, jobs: Int.random(in: 1...4, using: &random))
        expectNoComplaints(ledger, listener)
        #expect(listener.origins == Array(0..<all.count))
        #expect(ledger.unfinished == 0)
        #expect(Set(ledger.serials).count == ledger.serials.count)
        #expect(Set(listener.certificates).count == ledger.entered.count)
        #expect(
            zip(listener.statuses, expected).allSatisfy { status, isGood in
                isGood ? status == .issued || status == .existing : status == .rejected
            })
        #expect(listener.statuses.count { $0 == .issued } <= ledger.entered.count)
    }

    /// A line that comes alone is answered before the next is waited for.
    @Test func whatIsAtHandIsAnsweredBeforeMoreIsAwaited() throws {
        let bed = try IssuanceBed()
        var source = RequestList(try requests(5), perBlock: 1)
        source.pauses = [1, 2, 3, 4]
        let ledger = WitnessLedger()
        let listener = Listener(ledger)
        try run(bed, source, ledger, listener)
        expectNoComplaints(ledger, listener)
        #expect(listener.calls == 5)
        #expect(listener.statuses == Array(repeating: .issued, count: 5))
    }

    /// Vetting may use all cores, signing only as many sessions as the key has.
    @Test func theKeyIsAskedForNoMoreSessionsThanItHas() throws {
        let bed = try IssuanceBed(concurrency: 1)
        let ledger = WitnessLedger()
        let listener = Listener(ledger)
        try run(bed, RequestList(try requests(300), perBlock: 20), ledger, listener, jobs: 4)
        expectNoComplaints(ledger, listener)
        #expect(listener.certificates.count == 300)
        #expect(bed.key.sessions.load(ordering: .relaxed) == 1)
        #expect(bed.key.signatures.load(ordering: .relaxed) == 300)
    }

    /// A dry run needs no session at all.
    @Test func aDryRunDoesNotTouchTheKey() throws {
        let bed = try IssuanceBed()
        let settings = IssuanceSettings(
            plan: bed.plan, demand: .none, minimumTrust: .trusted, isDryRun: true,
            serials: bed.settings.serials, sources: bed.settings.sources)
        let ledger = WitnessLedger()
        let listener = Listener(ledger)
        try IssuanceRun(
            settings, source: RequestList(try requests(70), perBlock: 10), ledger: ledger, receiver: listener,
            jobs: 2, now: Self.now, until: .never
        ).run()
        #expect(listener.statuses == Array(repeating: .wouldIssue, count: 70))
        #expect(bed.key.sessions.load(ordering: .relaxed) == 0)
        #expect(ledger.entered.isEmpty)
    }

    /// Behind the first that is turned down nothing is noted and nothing is signed, whoever turned it down.
    @Test(arguments: ["request", "ledger", "receiver"])
    func nothingBehindAFailureIsSigned(_ who: String) throws {
        let bed = try IssuanceBed()
        var all = try requests(120)
        let ledger = WitnessLedger()
        let listener = Listener(ledger, stopsAtFailure: true)
        switch who {
        case "request": all[50] = .init(RequestOrigin(place: 50), .unusable(.init(.pem, "no request")))
        case "ledger":
            guard case .request(let received, _) = all[50].content else { return }
            ledger.rejectedKeys = [Digest.sha256(received.request.publicKey.der)]
        default: listener.objections = [50]
        }
        try run(bed, RequestList(all, perBlock: 16), ledger, listener)
        expectNoComplaints(ledger, listener)
        #expect(listener.origins == Array(0...50))
        #expect(listener.statuses == Array(repeating: .issued, count: 50) + [.rejected])
        #expect(bed.key.signatures.load(ordering: .relaxed) == 50)
        #expect(ledger.unfinished == (who == "ledger" ? 69 : 0))
    }

    /// A signal in the middle: what was begun is signed, entered and told, no intent is left over.
    @Test func aSignalLeavesNoIntentBehind() throws {
        let bed = try IssuanceBed()
        let ledger = WitnessLedger()
        let listener = Listener(ledger)
        let asked = Atomic<Int>(0)
        let stop = StopSignal { asked.add(1, ordering: .relaxed).newValue > 60 }
        try run(bed, RequestList(try requests(2_300), perBlock: 50), ledger, listener, until: stop)
        expectNoComplaints(ledger, listener)
        #expect(ledger.unfinished == 0)
        #expect(listener.origins == Array(0..<listener.origins.count))
        #expect(listener.certificates.count == ledger.entered.count)
        #expect(listener.origins.count < 2_300)
    }

    /// A full disk and a key that is gone end the run with their reason; what was told before is entered.
    @Test(arguments: [1, 2, 3])
    func aFullDiskEndsTheRun(_ exchange: Int) throws {
        let bed = try IssuanceBed()
        let ledger = WitnessLedger()
        ledger.failsAtExchange = exchange
        let listener = Listener(ledger)
        let error = #expect(throws: ToolError.self) {
            try run(bed, RequestList(try requests(1_300), perBlock: 64), ledger, listener)
        }
        #expect(error?.code == .io)
        expectNoComplaints(ledger, listener)
    }

    @Test(arguments: [0, 1, 40, 1_100])
    func aKeyThatIsGoneEndsTheRun(_ lifetime: Int) throws {
        let bed = try IssuanceBed(lifetime: lifetime)
        let ledger = WitnessLedger()
        let listener = Listener(ledger)
        let error = #expect(throws: ToolError.self) {
            try run(bed, RequestList(try requests(1_300), perBlock: 64), ledger, listener)
        }
        #expect(error?.message == "the key does not answer")
        expectNoComplaints(ledger, listener)
    }

    /// One request and a few on the thread of whoever asks, by the same steps.
    @Test func theDeskIssuesAFew() throws {
        let bed = try IssuanceBed()
        let ledger = WitnessLedger()
        let desk = try IssuanceDesk(bed.settings, ledger: ledger)
        let all = try requests(40) + [.init(RequestOrigin(place: 40), .unusable(.init(.der, "no request")))]
        let outcomes = try desk.issue(all, under: bed.plan, reissue: false, at: Self.now)
        #expect(outcomes.map(\.origin.place) == Array(0...40))
        #expect(outcomes.map(\.status) == Array(repeating: .issued, count: 40) + [.rejected])
        #expect(ledger.complaints == [])
        #expect(Set(outcomes.compactMap { $0.certificate?.der }) == Set(ledger.entered.values))
        #expect(try desk.issue([], under: bed.plan, reissue: false, at: Self.now).isEmpty)
        #expect(ledger.exchanges == 2)
    }
}
