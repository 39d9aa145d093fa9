import DeviceIdentity
import ProvisioningCommands
import Testing

@testable import ProvisioningState

/// How long a command may be in progress, and what an operator can do when it is longer.
@Suite struct TimeoutTests {
    private typealias Bench = QueueBench

    /// Terms at a time, in seconds.
    private func terms(_ time: Int64) -> FetchTerms {
        var terms = Bench.terms()
        terms.time = time
        return terms
    }

    private func isOverdue(_ queue: DeviceQueue, _ time: Int64, usual: Int64 = 60) -> Bool {
        queue.commands[0].isOverdue(at: time, usual: usual)
    }

    @Test func `it counts from the first of the deliveries without a result`() throws {
        var queue = try Bench.queue(Bench.config)
        #expect(!isOverdue(queue, Int64.max))
        _ = queue.fetch(terms(1000))
        _ = queue.fetch(terms(1050))
        #expect(queue.commands[0].attempts == 2)
        #expect(queue.commands[0].startedAt == 1000)
        #expect(queue.commands[0].deliveredAt == 1050)
        #expect(!isOverdue(queue, 1059))
        #expect(isOverdue(queue, 1060))
        #expect(!isOverdue(queue, Int64.max, usual: 0))
        #expect(!isOverdue(queue, Int64.max, usual: Int64.max))
        // A clock that was set back is no reason to call anything overdue.
        #expect(!isOverdue(queue, -5))
    }

    @Test func `its own time-out counts instead of the usual one`() throws {
        var queue = DeviceQueue()
        try queue.add(
            QueuedCommand(
                id: Bench.id(1), command: ProvisioningCommand(Bench.config), origin: .operator, createdAt: 1,
                timeout: 5))
        _ = queue.fetch(terms(10))
        #expect(!isOverdue(queue, 14))
        #expect(isOverdue(queue, 15))
        #expect(isOverdue(queue, 15, usual: 0))
    }

    @Test func `a result ends it, however late, and a retry begins anew`() throws {
        var queue = try Bench.queue(Bench.config)
        let records = queue.fetch(terms(10)).records
        #expect(isOverdue(queue, 100))
        let failure = DeviceResponse(
            correlationID: records[0].correlationID, result: .error(cme: 1, message: "0"))
        #expect(queue.take([failure]).failed == [Bench.id(1)])
        #expect(!isOverdue(queue, 100))
        try queue.retry(Bench.id(1))
        _ = queue.fetch(terms(200))
        #expect(!isOverdue(queue, 259))
        #expect(isOverdue(queue, 260))
        #expect(queue.take(Bench.good(queue.fetch(terms(300)).records)).succeeded == [Bench.id(1)])
        #expect(!isOverdue(queue, 1000))
    }

    /// What another's failure sent back is not what the device is slow with.
    @Test func `commands after a failure are not overdue`() throws {
        var queue = try Bench.queue(Bench.key, Bench.config)
        let records = queue.fetch(terms(10)).records
        _ = queue.take([
            DeviceResponse(correlationID: records[0].correlationID, result: .error(cme: 514, message: ""))
        ])
        #expect(Bench.statuses(queue) == [.failed, .pending])
        try queue.skip(Bench.id(1), at: 500)
        _ = queue.fetch(terms(600))
        #expect(queue.commands[1].startedAt == 600)
    }

    @Test func `one that is overdue can be skipped or deleted, and its late report changes nothing`() throws {
        let refused = QueueRefusal.wrongState(.inProgress, allowed: [.pending, .failed])
        for deletes in [false, true] {
            var queue = try Bench.queue(Bench.config, .finished)
            let records = queue.fetch(terms(10)).records
            let before = queue
            if deletes {
                #expect(throws: QueueRefusal.self) {
                    try queue.delete(Bench.id(1), at: 69, usualTimeout: 60)
                }
                #expect(queue == before)
                try queue.delete(Bench.id(1), at: 70, usualTimeout: 60)
                #expect(queue.command(Bench.id(1)) == nil)
            } else {
                #expect(throws: refused) { try queue.skip(Bench.id(1), at: 69, usualTimeout: 60) }
                #expect(queue == before)
                try queue.skip(Bench.id(1), at: 70, usualTimeout: 60)
                #expect(Bench.statuses(queue) == [.skipped, .inProgress])
            }
            #expect(queue.take(Array(Bench.good(records).prefix(1))).ignored == 1)
            _ = queue.take(Bench.good(queue.fetch(terms(80)).records))
            #expect(queue.status == .provisioned)
        }
    }
}
