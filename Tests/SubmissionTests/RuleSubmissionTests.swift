import Diagnostics
import JSON
import Journal
import Store
@testable import Submission
import Synchronization
import TestFleet
import TestSupport
import Testing

/// A rule against a service that loses answers.
@Suite("A rule, whatever the network does")
struct RuleSubmissionTests {
    /// Rules by id and name, and how many POSTs are lost before and after they count.
    private final class Rules: Sendable {
        struct State {
            var rules: [(id: String, name: String)]
            var lostBefore = 0
            var lostAfter = 0
        }

        private let state: Mutex<State>

        init(_ rules: [(id: String, name: String)] = [], lostBefore: Int = 0, lostAfter: Int = 0) {
            state = Mutex(State(rules: rules, lostBefore: lostBefore, lostAfter: lostAfter))
        }

        var count: Int { state.withLock { $0.rules.count } }

        func answer(_ call: ServiceCall) -> TransportOutcome {
            state.withLock { state in
                guard call.method == "POST" else {
                    let items = state.rules.map { #"{"id":"\#($0.id)","name":"\#($0.name)"}"# }
                    return .json(200, #"{"items":[\#(items.joined(separator: ","))]}"#)
                }
                if state.lostBefore > 0 {
                    state.lostBefore -= 1
                    return .unanswered("reset")
                }
                let id = "new-\(state.rules.count)"
                state.rules.append((id, "rule"))
                if state.lostAfter > 0 {
                    state.lostAfter -= 1
                    return .unanswered("reset")
                }
                return .json(201, #"{"id":"\#(id)"}"#)
            }
        }
    }

    private func submit(_ rules: Rules, again: Bool = false) throws -> (
        first: CommandOutcome, calls: [String]
    ) {
        let (folder, time) = (try WorkFolder(), TestTime())
        let store = try SQLiteStore(path: folder.path("assay.db"), access: .create)
        let journal = try store.journal(JournalScope(kind: .rule, service: "https://a", team: "t"))
        let transport = TestTransport { rules.answer($0) }
        let body = try JSONValue(parsing: Array(#"{"name":"rule","commands":[]}"#.utf8))
        func once() throws -> CommandOutcome {
            let control = RunControl(RetryPolicy(patience: 600_000_000), time.clock)
            let talk = Conversation(
                with: try ServiceAddress("https://a"), over: transport, pace: store, interval: 0,
                clock: time.clock, control: control)
            let run = try store.beginRun(at: 1)
            let plan = ClaimSubmission.Plan(
                journal: journal, run: run, retriesFailed: false, isAlive: { $0 == run })
            return try RuleSubmission(plan, talk, store).submit(name: "rule", body: body)
        }
        let outcome = try once()
        if again { #expect(try once() == outcome) }
        return (outcome, transport.calls.map(\.method))
    }

    @Test func isCreatedOnce() throws {
        let rules = Rules()
        let (outcome, calls) = try submit(rules, again: true)
        #expect(outcome == .accepted(id: "new-0"))
        #expect(calls == ["GET", "POST"])
    }

    /// Another rule of this name is in hand of a run that died: the one in the list may be that, or was given out already.
    @Test(arguments: [true, false])
    func whatMayBeAnotherRuleIsNotTaken(_ isGivenOut: Bool) throws {
        let (folder, time) = (try WorkFolder(), TestTime())
        let store = try SQLiteStore(path: folder.path("assay.db"), access: .create)
        let journal = try store.journal(JournalScope(kind: .rule, service: "https://a", team: "t"))
        let dead = try store.beginRun(at: 1)
        let other = [UInt8](repeating: 1, count: 32)
        // The list has it from the second look on.
        let looks = Mutex(0)
        let rules = Rules(lostBefore: 1)
        let transport = TestTransport { call in
            guard call.method == "GET" else { return rules.answer(call) }
            let look = looks.withLock {
                $0 += 1
                return $0
            }
            if look == 1 { return .json(200, #"{"items":[]}"#) }
            return rules.count == 0
                ? .json(200, #"{"items":[{"id":"theirs","name":"rule"}]}"#) : rules.answer(call)
        }
        _ = try store.take(
            [other], in: journal, by: dead, retriesFailed: false, note: RuleSubmission.mark(of: "rule"),
            at: 1,
            isAlive: { _ in true })
        if isGivenOut {
            try store.record([(other, .accepted(note: "theirs"))], in: journal, by: dead, at: 1)
        }
        let talk = Conversation(
            with: try ServiceAddress("https://a"), over: transport, pace: store, interval: 0,
            clock: time.clock, control: RunControl(RetryPolicy(patience: 600_000_000), time.clock))
        let run = try store.beginRun(at: 1)
        let plan = ClaimSubmission.Plan(
            journal: journal, run: run, retriesFailed: false, isAlive: { $0 == run })
        let outcome = try RuleSubmission(plan, talk, store).submit(
            name: "rule", body: try JSONValue(parsing: Array(#"{"name":"rule","commands":[]}"#.utf8)))
        if isGivenOut {
            #expect(outcome == .accepted(id: "new-0"))
        } else if case .unknown = outcome {
            #expect(rules.count == 0)
        } else {
            Issue.record("\(outcome)")
        }
    }

    @Test func isFoundInTheListWhenTheAnswerWasLost() throws {
        let rules = Rules(lostAfter: 1)
        let (outcome, calls) = try submit(rules, again: true)
        #expect(outcome == .accepted(id: "new-0"))
        #expect(calls == ["GET", "POST", "GET"])
        #expect(rules.count == 1)
    }

    /// One of the same name was there before; it is not the one that was sent.
    @Test(arguments: [(1, 0), (0, 1), (1, 1), (0, 0)])
    func anOlderOneIsNotTakenForIt(_ lostBefore: Int, _ lostAfter: Int) throws {
        let rules = Rules([("old", "rule")], lostBefore: lostBefore, lostAfter: lostAfter)
        let outcome = try submit(rules, again: true).first
        #expect(outcome == .accepted(id: "new-1"))
        #expect(rules.count == 2)
    }
}
