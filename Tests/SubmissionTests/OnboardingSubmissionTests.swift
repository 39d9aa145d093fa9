import Diagnostics
import Journal
import Store
@testable import Submission
import Synchronization
import TestFleet
import TestSupport
import Testing

/// Onboarding against a service that may have had the device before, with another certificate.
@Suite("An onboarding row, whatever the network does")
struct OnboardingSubmissionTests {
    private let folder: WorkFolder
    private let store: SQLiteStore
    private let journal: Int64
    private let time = TestTime()

    init() throws {
        folder = try WorkFolder()
        store = try SQLiteStore(path: folder.path("assay.db"), access: .create)
        journal = try store.journal(JournalScope(kind: .onboarding, service: "https://a", team: "t"))
    }

    private static func items(_ count: Int) -> [ClaimItem] {
        (0..<count).map { ClaimItem(onboarding: "Dev-\($0)", line: Array("dev-\($0),,,,x\n".utf8)) }
    }

    private func submit(_ items: [ClaimItem], over transport: TestTransport) throws -> [ClaimOutcome] {
        let control = RunControl(RetryPolicy(patience: 600_000_000), time.clock)
        let talk = Conversation(
            with: try ServiceAddress("https://a"), over: transport, pace: store, interval: 0,
            clock: time.clock, control: control)
        let run = try store.beginRun(at: 1)
        let plan = ClaimSubmission.Plan(
            journal: journal, run: run, retriesFailed: false, work: .onboarding, isAlive: { $0 == run })
        return try ClaimSubmission(plan, talk, store).submit(items)
    }

    private static func expectUnknown(_ outcomes: [ClaimOutcome]) {
        for outcome in outcomes {
            guard case .unknown = outcome else {
                Issue.record("expected unknown, found \(outcome)")
                continue
            }
        }
    }

    /// The device has had another certificate all the time.
    @Test func aDeviceThatIsThereProvesNothing() throws {
        let transport = TestTransport { call in
            call.method == "POST" ? .unanswered("reset") : .json(200, #"{"id":"Dev-0"}"#)
        }
        Self.expectUnknown(try submit(Self.items(1), over: transport))
        Self.expectUnknown(try submit(Self.items(1), over: transport))
        #expect(transport.calls.count { $0.method == "POST" } == 1)
    }

    /// It was not there before, and is there after the answer was lost: it is the one that was sent. For few devices they are
    /// asked for one by one, for many by the list.
    @Test(arguments: [1, 30])
    func aDeviceThatWasNotThereBeforeIsTheOneThatWasSent(_ count: Int) throws {
        let items = Self.items(count)
        let isThere = Mutex(false)
        let transport = TestTransport { call in
            if call.method == "POST" {
                isThere.withLock { $0 = true }
                return .unanswered("reset")
            }
            if call.url.contains("devices?") {
                return .json(200, #"{"items":[{"id":"other"}],"total":1}"#)
            }
            let id = call.url.split(separator: "/").last ?? ""
            return isThere.withLock { $0 }
                ? .json(200, #"{"id":"\#(id)"}"#) : .json(404, #"{"message":"no"}"#)
        }
        #expect(try submit(items, over: transport) == Array(repeating: .claimed, count: count))
        #expect(transport.calls.count { $0.method == "POST" } == 1)
    }

    @Test func whatTheServiceHasNotIsSentAgain() throws {
        let posts = Mutex(0)
        let transport = TestTransport { call in
            if call.url.contains("bulk-ops") { return .json(200, #"{"status":"SUCCEEDED"}"#) }
            guard call.method == "POST" else { return .json(404, #"{"message":"no"}"#) }
            let number = posts.withLock {
                $0 += 1
                return $0
            }
            return number == 1 ? .unanswered("reset") : .json(202, #"{"bulkOpsRequestId":"01G4"}"#)
        }
        #expect(try submit(Self.items(2), over: transport) == [.claimed, .claimed])
        #expect(posts.withLock { $0 } == 2)
    }

    /// An operation that failed is no success of any row that its errors do not speak for.
    @Test(arguments: [
        (403, #"{"message":"expired"}"#), (200, "<Error>"), (200, #"{"errors":[]}"#),
        (200, #"{"errors":["row two: bad"]}"#), (200, #"{"errors":["[2]: bad"]}"#), (200, #"{"errors":{}}"#),
    ])
    func anOperationThatFailedForReasonsThatCannotBeRead(_ status: Int, _ errors: String) throws {
        let isSent = Mutex(false)
        let transport = TestTransport { call in
            if call.method == "POST" {
                isSent.withLock { $0 = true }
                return .json(202, #"{"bulkOpsRequestId":"01G4"}"#)
            }
            if call.url.hasSuffix("/errors") {
                return .answer(ServiceAnswer(status: status, body: Array(errors.utf8)))
            }
            if call.url.contains("bulk-ops") { return .json(200, #"{"status":"FAILED"}"#) }
            let id = call.url.split(separator: "/").last ?? ""
            return isSent.withLock { $0 }
                ? .json(200, #"{"id":"\#(id)"}"#) : .json(404, #"{"message":"no"}"#)
        }
        Self.expectUnknown(try submit(Self.items(2), over: transport))
        #expect(transport.calls.count { $0.method == "POST" } == 1)
    }

    @Test func errorsNameTheRowsThatAreNotIn() throws {
        let transport = TestTransport { call in
            if call.method == "POST" { return .json(202, #"{"bulkOpsRequestId":"01G4"}"#) }
            if call.url.hasSuffix("/errors") { return .json(200, #"{"errors":["[1]: bad"]}"#) }
            if call.url.contains("bulk-ops") { return .json(200, #"{"status":"FAILED"}"#) }
            return .json(200, #"{"id":"x"}"#)
        }
        #expect(try submit(Self.items(3), over: transport) == [.claimed, .refused("bad"), .claimed])
    }

    /// What failed without a reason that can be read, and is not there, was not taken; it is not sent for ever.
    @Test func anOperationThatFailedAndTookNothing() throws {
        let transport = TestTransport { call in
            if call.method == "POST" { return .json(202, #"{"bulkOpsRequestId":"01G4"}"#) }
            if call.url.hasSuffix("01G4") { return .json(200, #"{"status":"FAILED"}"#) }
            return .json(404, #"{"message":"no"}"#)
        }
        #expect(
            try submit(Self.items(1), over: transport) == [
                .refused("bulk operation 01G4 failed, and its errors cannot be read")
            ])
        #expect(transport.calls.count { $0.method == "POST" } == 1)
    }
}
