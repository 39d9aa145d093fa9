import Diagnostics
import Journal
import Store
import Synchronization
import TestFleet
import TestSupport
import Testing

@testable import Submission

/// Claims against a service of a few lines that fails as it likes.
@Suite("A claim, whatever the network does")
struct ClaimSubmissionTests {
    private let folder: WorkFolder
    private let store: SQLiteStore
    private let journal: Int64
    private let time = TestTime()

    init() throws {
        folder = try WorkFolder()
        store = try SQLiteStore(path: folder.path("assay.db"), access: .create)
        journal = try store.journal(JournalScope(kind: .claim, service: "https://a", team: "t"))
    }

    private func submit(
        _ items: [ClaimItem], over transport: TestTransport, retriesFailed: Bool = false,
        patience: Int64 = 600_000_000
    ) throws -> (outcomes: [ClaimOutcome], error: ToolError?) {
        let control = RunControl(RetryPolicy(patience: patience), time.clock)
        let talk = Conversation(
            with: try ServiceAddress("https://a"), over: transport, pace: store, interval: 0,
            clock: time.clock,
            control: control)
        let run = try store.beginRun(at: 1)
        let plan = ClaimSubmission.Plan(
            journal: journal, run: run, retriesFailed: retriesFailed, isAlive: { $0 == run })
        return (try ClaimSubmission(plan, talk, store).submit(items), control.error)
    }

    private static func claimed(_ items: [ClaimItem]) -> TransportOutcome {
        .json(201, #"{"claimedIds":[\#(items.map { "\"\($0.name)\"" }.joined(separator: ","))]}"#)
    }

    @Test func isSentOnceAndNeverAgain() throws {
        let items = TestItems.make(3)
        let transport = TestTransport { _ in Self.claimed(items) }
        #expect(try submit(items, over: transport).outcomes == [.claimed, .claimed, .claimed])
        #expect(try submit(items, over: transport).outcomes == [.existing, .existing, .existing])
        #expect(transport.calls.count == 1)
        #expect(transport.calls[0].body == items.flatMap(\.line))
        #expect(transport.calls[0].contentType == "text/csv")
    }

    /// A time-out after the service had claimed: it is asked, and nothing is sent again.
    @Test func isAskedForWhenNoAnswerCame() throws {
        let items = TestItems.make(2)
        let transport = TestTransport { call in
            if call.method == "POST" { return .unanswered("no answer in time") }
            return call.url.hasSuffix(items[0].name)
                ? .json(200, #"{"id":"\#(items[0].name)"}"#)
                : .json(call.url.hasSuffix(items[1].name) ? 200 : 404, #"{"id":"\#(items[1].name)"}"#)
        }
        #expect(try submit(items, over: transport).outcomes == [.claimed, .claimed])
        #expect(transport.calls.map(\.method) == ["POST", "GET", "GET"])
    }

    @Test func isSentAgainOnlyAfterTheServiceSaidThatItHasItNot() throws {
        let items = TestItems.make(2)
        let posts = Mutex(0)
        let transport = TestTransport { call in
            if call.method == "GET" {
                return call.url.hasSuffix(items[0].name)
                    ? .json(200, #"{"id":"\#(items[0].name)"}"#) : .json(404, #"{"message":"unknown"}"#)
            }
            let number = posts.withLock {
                $0 += 1
                return $0
            }
            return number == 1 ? .unanswered("reset") : Self.claimed([items[1]])
        }
        #expect(try submit(items, over: transport).outcomes == [.claimed, .claimed])
        #expect(transport.calls.last?.body == items[1].line)
        #expect(transport.calls.map(\.method) == ["POST", "GET", "GET", "POST"])
    }

    @Test func beingAskedToWaitIsNoFailure() throws {
        let items = TestItems.make(1)
        let posts = Mutex(0)
        let transport = TestTransport { _ in
            let number = posts.withLock {
                $0 += 1
                return $0
            }
            return number <= 40
                ? .answer(ServiceAnswer(status: 429, retryAfter: 60)) : Self.claimed(items)
        }
        let before = time.now
        let result = try submit(items, over: transport, patience: 10_000_000)
        #expect(result.outcomes == [.claimed])
        #expect(result.error == nil)
        #expect(time.now - before >= 40 * 60_000_000)
    }

    /// Of whoever stands in between as often as of the service: the devices are asked for, then the rows are sent again.
    @Test(arguments: [408, 425])
    func aTimeOutThatIsToldIsOne(_ status: Int) throws {
        let items = TestItems.make(1)
        let posts = Mutex(0)
        let transport = TestTransport { call in
            guard call.method == "POST" else { return .json(404, #"{"message":"no"}"#) }
            let number = posts.withLock {
                $0 += 1
                return $0
            }
            return number == 1 ? .answer(ServiceAnswer(status: status)) : Self.claimed(items)
        }
        #expect(try submit(items, over: transport).outcomes == [.claimed])
        #expect(transport.calls.map(\.method) == ["POST", "GET", "POST"])
    }

    /// A service that answers every question and takes nothing is not sent the same for ever.
    @Test(arguments: [
        TransportOutcome.unanswered("reset"), .json(500, "{}"), .json(408, ""),
        .answer(ServiceAnswer(status: 200, body: Array("<html>".utf8))), .senseless("a status of 99"),
    ])
    func aServiceThatTakesNothingEndsTheRun(_ answer: TransportOutcome) throws {
        let transport = TestTransport { $0.method == "POST" ? answer : .json(404, #"{"message":"no"}"#) }
        let result = try submit(TestItems.make(1), over: transport, patience: 300_000_000)
        #expect(result.error?.exitStatus == .service)
        #expect(transport.calls.count { $0.method == "POST" } < 30)
    }

    @Test func theServiceSaysUntilWhenToWait() throws {
        let items = TestItems.make(1)
        let end = time.now / 1_000_000 + 8
        let posts = Mutex(0)
        let transport = TestTransport { _ in
            let number = posts.withLock {
                $0 += 1
                return $0
            }
            return number == 1
                ? .answer(ServiceAnswer(status: 429, retryAt: end)) : Self.claimed(items)
        }
        #expect(try submit(items, over: transport).outcomes == [.claimed])
        #expect(time.now >= end * 1_000_000)
        #expect(posts.withLock { $0 } == 2)
    }

    @Test func whatWasRefusedIsSentAgainWhenThatIsAskedFor() throws {
        let items = TestItems.make(1)
        let refusing = TestTransport { _ in .json(400, #"{"message":"signature"}"#) }
        #expect(try submit(items, over: refusing).outcomes == [.refused("signature")])
        #expect(try submit(items, over: refusing).outcomes == [.refused("signature")])
        #expect(refusing.calls.count == 1)
        let taking = TestTransport { _ in Self.claimed(items) }
        #expect(try submit(items, over: taking, retriesFailed: true).outcomes == [.claimed])
    }

    @Test func aServiceThatIsGoneEndsTheRunAndLosesNothing() throws {
        let items = TestItems.make(2)
        let gone = TestTransport { _ in .notSent("refused") }
        let result = try submit(items, over: gone)
        #expect(result.error?.code == .serviceUnreachable)
        for outcome in result.outcomes {
            guard case .notSent = outcome else {
                Issue.record("\(outcome)")
                continue
            }
        }
        let silent = TestTransport { _ in .unanswered("no answer") }
        let second = try submit(items, over: silent)
        #expect(second.error?.code == .serviceUnreachable)
        for outcome in second.outcomes {
            guard case .unknown = outcome else {
                Issue.record("\(outcome)")
                continue
            }
        }
        // Unknown since then: asked first, although another run had sent them.
        let back = TestTransport { call in
            call.method == "GET" ? .json(404, #"{"message":"unknown"}"#) : Self.claimed(items)
        }
        #expect(try submit(items, over: back).outcomes == [.claimed, .claimed])
        #expect(back.calls.map(\.method) == ["GET", "GET", "POST"])
    }

    @Test func aWrongKeyStopsAtOnce() throws {
        let transport = TestTransport { _ in .json(401, #"{"message":"key"}"#) }
        let result = try submit(TestItems.make(2), over: transport)
        #expect(result.error?.code == .serviceRefused)
        #expect(transport.calls.count == 1)
    }

    /// An answer that is not the service's counts as none; a service that never answers otherwise is given up.
    @Test func aPageForPeopleIsNoAnswer() throws {
        let items = TestItems.make(1)
        let transport = TestTransport { _ in
            .answer(ServiceAnswer(status: 200, body: Array("<html>".utf8)))
        }
        let result = try submit(items, over: transport)
        #expect(result.error?.code == .serviceContract)
        guard case .unknown? = result.outcomes.first else {
            Issue.record("\(result)")
            return
        }
        #expect(transport.calls.count(where: { $0.method == "POST" }) == 1)
    }

    /// Of rows that the answer does not mention the service is asked, and what it says then counts.
    @Test func rowsThatTheAnswerForgetsAreAskedFor() throws {
        let items = TestItems.make(3)
        let transport = TestTransport { call in
            if call.method == "POST" { return Self.claimed([items[0]]) }
            return call.url.hasSuffix(items[1].name)
                ? .json(200, #"{"id":"\#(items[1].name)"}"#) : .json(404, "")
        }
        let outcomes = try submit(items, over: transport).outcomes
        #expect(
            outcomes == [.claimed, .claimed, .refused("the service's answer does not name the device")])
        #expect(transport.calls.map(\.method) == ["POST", "GET", "GET"])
    }

    /// Whatever is answered in the place of a bulk operation, only its own word ends it.
    @Test(arguments: [404, 400, 409, 500, 200])
    func anOperationIsOverWhenItSaysSo(_ status: Int) throws {
        let items = TestItems.make(1)
        let looks = Mutex(0)
        let transport = TestTransport { call in
            if call.method == "POST" { return .json(202, #"{"bulkOpsRequestId":"01G4"}"#) }
            guard call.url.contains("bulk-ops") else {
                return looks.withLock { $0 } < 4
                    ? .json(404, "{}") : .json(200, #"{"id":"\#(items[0].name)"}"#)
            }
            let look = looks.withLock {
                $0 += 1
                return $0
            }
            return look == 1
                ? .json(status, #"{"message":"not yet"}"#)
                : .json(200, #"{"status":"\#(look < 4 ? "PENDING" : "SUCCEEDED")"}"#)
        }
        #expect(try submit(items, over: transport).outcomes == [.claimed])
        #expect(transport.calls.count { $0.method == "POST" } == 1)
        #expect(transport.calls.count { $0.url.contains("bulk-ops") } == 4)
    }

    /// An operation that is never told of leaves its rows unknown, and the run ends.
    @Test func anOperationThatIsNotToldOfLeavesItsRowsUnknown() throws {
        let transport = TestTransport { call in
            call.method == "POST"
                ? .json(202, #"{"bulkOpsRequestId":"01G4"}"#) : .json(404, #"{"message":"no"}"#)
        }
        let result = try submit(TestItems.make(1), over: transport, patience: 10_000_000)
        #expect(result.error?.code == .serviceContract)
        guard case .unknown? = result.outcomes.first else {
            Issue.record("\(result)")
            return
        }
        #expect(transport.calls.count { $0.method == "POST" } == 1)
    }

    /// A run that died while an operation was pending: the one after it asks the operation, and sends nothing.
    @Test func anOperationIsFollowedByTheRunAfter() throws {
        let items = TestItems.make(3)
        let first = TestTransport { call in
            call.method == "POST"
                ? .json(202, #"{"bulkOpsRequestId":"01G4:x"}"#) : .notSent("connection refused")
        }
        for outcome in try submit(items, over: first, patience: 5_000_000).outcomes {
            guard case .unknown = outcome else {
                Issue.record("\(outcome)")
                continue
            }
        }
        // In another order, and with one row less: errors are found by the place in the body that was sent.
        let second = TestTransport { call in
            if call.url.hasSuffix("/errors") { return .json(200, #"{"errors":["[2]: no"]}"#) }
            if call.url.contains("bulk-ops") { return .json(200, #"{"status":"FAILED"}"#) }
            return .json(200, #"{"id":"\#(items[0].name)"}"#)
        }
        #expect(
            try submit([items[2], items[0]], over: second).outcomes == [.refused("no"), .existing])
        #expect(second.calls.allSatisfy { $0.method == "GET" })
        #expect(second.calls[0].url == "https://a/v1/bulk-ops-requests/01G4%3Ax")
    }

    @Test(arguments: [401, 403])
    func aKeyThatMayNotLookAtOperationsEndsTheRun(_ status: Int) throws {
        let transport = TestTransport { call in
            call.method == "POST"
                ? .json(202, #"{"bulkOpsRequestId":"01G4"}"#) : .json(status, #"{"message":"no"}"#)
        }
        #expect(try submit(TestItems.make(1), over: transport).error?.code == .serviceRefused)
        #expect(transport.calls.count == 2)
    }

    @Test func delaysGrowAndAreBounded() {
        let long = (1...20).map { RetryPolicy.delay(after: $0, random: { $0 - 1 }) }
        let short = (1...20).map { RetryPolicy.delay(after: $0, random: { _ in 0 }) }
        #expect(long[0] == 250_000)
        #expect(long.last == 30_000_000)
        #expect(zip(long, long.dropFirst()).allSatisfy(<=))
        #expect(zip(long, short).allSatisfy { $0 - 1 <= $1 * 2 && $1 * 2 <= $0 + 1 })
        #expect(RetryPolicy.delay(after: .max, random: { $0 - 1 }) == 30_000_000)
    }

    /// Turns are the distance of the rate apart, whoever takes them.
    @Test func oneRateIsKeptByAllOnTheStore() throws {
        let other = try SQLiteStore(path: store.path, access: .readWrite)
        var turns: [Int64] = []
        for number in 0..<10 {
            turns.append(
                try (number % 2 == 0 ? store : other).takeTurn(
                    at: "https://a", interval: 200_000, now: 1_000)
            )
        }
        #expect(turns == (0..<10).map { 1_000 + $0 * 200_000 })
        try store.pause("https://a", until: 9_000_000)
        #expect(try other.takeTurn(at: "https://a", interval: 200_000, now: 1_000) == 9_000_000)
        #expect(try other.takeTurn(at: "https://b", interval: 200_000, now: 1_000) == 1_000)
    }
}
