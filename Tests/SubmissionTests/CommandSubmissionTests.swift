import DeviceIdentity
import Diagnostics
import JSON
import Journal
import ProvisioningCommands
import Store
@testable import Submission
import Synchronization
import TestFleet
import TestSupport
import Testing

/// Commands against a service that loses answers and lists what it has as it likes.
@Suite("A batch of commands, whatever the network does")
struct CommandSubmissionTests {
    /// The commands of one device, and what is done to the next POSTs.
    private final class Queue: Sendable {
        enum Fault { case lostBefore, lostAfter }

        private struct State {
            var commands: [(id: String, request: String)]
            var faults: [Fault]
            var posts = 0
        }

        private let state: Mutex<State>
        private let pageSize: Int

        init(_ commands: [(id: String, request: String)] = [], faults: [Fault] = [], pageSize: Int = 100) {
            state = Mutex(State(commands: commands, faults: faults))
            self.pageSize = pageSize
        }

        var posts: Int { state.withLock { $0.posts } }
        var ids: [String] { state.withLock { $0.commands.map(\.id) } }

        func answer(_ call: ServiceCall) -> TransportOutcome {
            state.withLock { state in
                guard call.method == "POST" else { return page(call, state) }
                state.posts += 1
                let fault = state.faults.isEmpty ? nil : state.faults.removeFirst()
                if fault == .lostBefore { return .unanswered("reset") }
                let request = (try? JSONValue(parsing: call.body))?["request"]?.compact() ?? []
                let id = "c\(state.posts)"
                state.commands.append((id, String(decoding: request, as: UTF8.self)))
                return fault == .lostAfter ? .unanswered("reset") : .json(201, #"{"id":"\#(id)"}"#)
            }
        }

        private func page(_ call: ServiceCall, _ state: State) -> TransportOutcome {
            let start = call.url.split(separator: "=").dropFirst().last.flatMap { Int($0) } ?? 0
            let items = state.commands.dropFirst(start).prefix(pageSize).map {
                #"{"id":"\#($0.id)","status":"PENDING","request":\#($0.request)}"#
            }
            let next = start + pageSize < state.commands.count ? "\"\(start + pageSize)\"" : "null"
            return .json(
                200,
                #"{"items":[\#(items.joined(separator: ","))],"total":\#(state.commands.count),"pageNextToken":\#(next)}"#
            )
        }
    }

    private let folder: WorkFolder
    private let store: SQLiteStore
    private let journal: Int64
    private let time = TestTime()
    private let finished = #"{"finished":{}}"#

    init() throws {
        folder = try WorkFolder()
        store = try SQLiteStore(path: folder.path("assay.db"), access: .create)
        journal = try store.journal(JournalScope(kind: .commands, service: "https://a", team: "t"))
    }

    private func item(_ requests: [String], round: String = "") throws -> BatchItem {
        let commands = try requests.map {
            try ProvisioningCommand(json: try JSONValue(parsing: Array(#"{"request":\#($0)}"#.utf8)))
        }
        return BatchItem(
            device: try DeviceUUID(text: "50363154-3931-44f0-8022-121b6401627d"), commands: commands,
            round: round)
    }

    private func submit(
        _ item: BatchItem, over transport: TestTransport, alive: Set<Int64> = []
    ) throws -> [CommandOutcome] {
        let control = RunControl(RetryPolicy(patience: 600_000_000), time.clock)
        let talk = Conversation(
            with: try ServiceAddress("https://a"), over: transport, pace: store, interval: 0,
            clock: time.clock, control: control)
        let run = try store.beginRun(at: 1)
        let plan = ClaimSubmission.Plan(
            journal: journal, run: run, retriesFailed: false, isAlive: { $0 == run || alive.contains($0) })
        return try CommandSubmission(plan, talk, store).submit(item)
    }

    private func submit(_ item: BatchItem, to queue: Queue, alive: Set<Int64> = []) throws -> [CommandOutcome]
    {
        try submit(item, over: TestTransport { queue.answer($0) }, alive: alive)
    }

    private func expectUnknown(_ outcomes: [CommandOutcome]) {
        guard case .unknown? = outcomes.first else {
            Issue.record("expected unknown, found \(outcomes)")
            return
        }
    }

    /// What another run has in hand for the device.
    private func leaveInHand(_ request: String) throws -> (run: Int64, key: [UInt8]) {
        let other = try item([request], round: "other")
        let run = try store.beginRun(at: 1)
        _ = try store.take(
            [other.key(of: 0)], in: journal, by: run, retriesFailed: false, note: other.commands[0].mark,
            at: 1, isAlive: { _ in true })
        return (run, other.key(of: 0))
    }

    // MARK: Pages

    @Test func isFoundOnWhateverPageItIs() throws {
        let old = (0..<3).map { (id: "old-\($0)", request: #"{"config":{"properties":{"a":"\#($0)"}}}"#) }
        let queue = Queue(old, faults: [.lostAfter], pageSize: 1)
        #expect(try submit(item([finished]), to: queue) == [.accepted(id: "c1")])
        #expect(queue.posts == 1)
    }

    @Test func anOlderOneOnAnyPageIsNotTakenForIt() throws {
        let queue = Queue([("a", "{}"), ("b", finished)], faults: [.lostBefore], pageSize: 1)
        #expect(try submit(item([finished]), to: queue) == [.accepted(id: "c2")])
    }

    /// A list that cannot be read whole says nothing of what is not in it.
    @Test(arguments: [
        #"{"items":[],"total":1}"#, #"{"items":[],"pageNextToken":"again"}"#, #"{"items":{}}"#, "{}",
        #"{"items":[{"status":"PENDING"}]}"#,
    ])
    func aListThatIsNotWholeLeavesItUnknown(_ body: String) throws {
        let posts = Mutex(0)
        let transport = TestTransport { call in
            guard call.method == "POST" else {
                return .json(200, posts.withLock { $0 } == 0 ? #"{"items":[]}"# : body)
            }
            posts.withLock { $0 += 1 }
            return .unanswered("reset")
        }
        expectUnknown(try submit(item([finished]), over: transport))
        expectUnknown(try submit(item([finished]), over: transport))
        #expect(posts.withLock { $0 } == 1)
    }

    // MARK: What was there before

    /// The list was refused when the batch began: what is found in it later may be older than the batch.
    @Test func aListThatWasRefusedIsNotAnEmptyOne() throws {
        let looks = Mutex(0)
        let transport = TestTransport { call in
            if call.method == "POST" { return .unanswered("reset") }
            let look = looks.withLock {
                $0 += 1
                return $0
            }
            return look == 1
                ? .json(400, #"{"message":"not now"}"#)
                : .json(200, #"{"items":[{"id":"old","status":"PENDING","request":{"finished":{}}}]}"#)
        }
        expectUnknown(try submit(item([finished]), over: transport))
        // Nor is it when the same batch comes again.
        expectUnknown(try submit(item([finished]), over: transport))
        #expect(transport.calls.count { $0.method == "POST" } == 1)
    }

    @Test func whatIsNotInTheListIsSentAgainAlsoWithoutABaseline() throws {
        let looks = Mutex(0)
        let queue = Queue(faults: [.lostBefore])
        let transport = TestTransport { call in
            if call.method == "GET",
                looks.withLock({
                    $0 += 1; return $0
                }) == 1
            {
                return .json(400, #"{"message":"not now"}"#)
            }
            return queue.answer(call)
        }
        #expect(try submit(item([finished]), over: transport) == [.accepted(id: "c2")])
    }

    // MARK: Other batches of the device

    /// Another run died with an equal command in hand: the one in the list may be its.
    @Test func whatAnotherBatchMayOwnIsNotTaken() throws {
        let queue = Queue(faults: [.lostAfter])
        _ = try leaveInHand(finished)
        expectUnknown(try submit(item([finished]), to: queue))
        #expect(queue.posts == 1)
    }

    @Test func whatAnotherBatchHasInHandAndIsUnlikeItIsNoMatter() throws {
        let queue = Queue(faults: [.lostAfter])
        _ = try leaveInHand(#"{"config":{"properties":{"a":"b"}}}"#)
        #expect(try submit(item([finished]), to: queue) == [.accepted(id: "c1")])
    }

    /// Another run is at work on an equal command: it is waited for, and what it got is its own.
    @Test func anotherRunIsWaitedFor() throws {
        let queue = Queue([], faults: [.lostAfter])
        let other = try leaveInHand(finished)
        let path = store.path
        let lists = Mutex(0)
        let journal = journal
        let transport = TestTransport { call in
            if call.method == "GET",
                lists.withLock({
                    $0 += 1; return $0
                }) == 4,
                let store = try? SQLiteStore(path: path, access: .readWrite)
            {
                try? store.record(
                    [(other.key, .accepted(note: "theirs"))], in: journal, by: other.run, at: 2)
            }
            return queue.answer(call)
        }
        #expect(try submit(item([finished]), over: transport, alive: [other.run]) == [.accepted(id: "c1")])
        #expect(lists.withLock { $0 } >= 4)
        #expect(queue.posts == 1)
    }

    /// Batches of one device are up in the order in which they were drawn.
    @Test func turnsAreTakenInOrder() throws {
        let turns = DeviceTurns()
        let device = try DeviceUUID(text: "50363154-3931-44f0-8022-121b6401627d")
        let other = try DeviceUUID(text: "50363154-3931-44f0-8022-121b6401627e")
        let numbers = (0..<3).map { _ in turns.draw(for: device) }
        let second = turns.draw(for: other)
        #expect(turns.isUp(second, of: other))
        for number in numbers {
            #expect(turns.isUp(number, of: device))
            #expect(number == 2 || !turns.isUp(number + 1, of: device))
            turns.end(of: device)
        }
        // All are gone: the next is the first.
        #expect(turns.isUp(turns.draw(for: device), of: device))
    }
}
