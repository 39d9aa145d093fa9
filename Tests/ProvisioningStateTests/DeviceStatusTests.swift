import DeviceIdentity
import ProvisioningCommands
import Testing

@testable import ProvisioningState

/// Each edge of the device's states.
@Suite struct DeviceStatusTests {
    private typealias Bench = QueueBench

    @Test func `READY until a fetch delivers`() throws {
        var queue = DeviceQueue()
        #expect(queue.status == .ready)
        #expect(queue.fetch(Bench.terms()) == Delivery())
        #expect(queue.status == .ready)
        try queue.add(Bench.command(1, Bench.config))
        #expect(queue.status == .ready)
        #expect(queue.fetch(Bench.terms()).delivered == [Bench.id(1)])
        #expect(queue.status == .provisioning)
    }

    @Test func `PROVISIONING to AWAITING without finished, and back when more is fetched`() throws {
        var queue = try Bench.queue(Bench.config)
        let first = queue.fetch(Bench.terms())
        #expect(queue.take(Bench.good(first.records)).succeeded == [Bench.id(1)])
        #expect(queue.status == .awaiting)
        try queue.add(Bench.command(2, .finished))
        #expect(queue.status == .awaiting)
        let second = queue.fetch(Bench.terms())
        #expect(queue.status == .provisioning)
        _ = queue.take(Bench.good(second.records))
        #expect(queue.status == .provisioned)
    }

    @Test func `PROVISIONED to READY by new work, and back when it is deleted`() throws {
        var queue = try Bench.queue(.finished)
        _ = queue.take(Bench.good(queue.fetch(Bench.terms()).records))
        #expect(queue.status == .provisioned)
        try queue.add(Bench.command(2, Bench.config))
        #expect(queue.status == .ready)
        try queue.delete(Bench.id(2))
        #expect(queue.status == .provisioned)
        try queue.add(Bench.command(3, Bench.config))
        _ = queue.take(Bench.good(queue.fetch(Bench.terms()).records))
        #expect(queue.status == .awaiting)
    }

    @Test func `ERROR until somebody acts, then PROVISIONING with the next fetch`() throws {
        var queue = try Bench.queue(Bench.key, Bench.config, .finished)
        let records = queue.fetch(Bench.terms()).records
        let failure = DeviceResponse(
            correlationID: records[1].correlationID, result: .error(cme: 523, message: "+CME ERROR: 523"))
        let outcome = queue.take([Bench.good(records)[0], failure])
        #expect(outcome == ReportOutcome(succeeded: [], failed: [Bench.id(1)], toFollowUp: [], ignored: 0))
        #expect(queue.status == .error)
        #expect(Bench.statuses(queue) == [.failed, .pending, .pending])
        #expect(queue.suspendedBy?.result == .failed(cme: 523, message: "+CME ERROR: 523"))
        #expect(queue.fetch(Bench.terms()) == Delivery())
        try queue.skip(Bench.id(1), at: 400)
        #expect(queue.status == .error)
        let next = queue.fetch(Bench.terms())
        #expect(next.delivered == [Bench.id(2), Bench.id(3)])
        #expect(queue.status == .provisioning)
        _ = queue.take(Bench.good(next.records))
        #expect(queue.status == .provisioned)
    }

    @Test func `ERROR settles at once when nothing is left to run`() throws {
        var queue = try Bench.queue(Bench.key)
        let records = queue.fetch(Bench.terms()).records
        _ = queue.take([
            DeviceResponse(correlationID: records[1].correlationID, result: .ok(message: "ERROR"))
        ])
        #expect(queue.status == .error)
        #expect(queue.commands[0].result == .failed(cme: 0, message: "ERROR"))
        var skipped = queue
        try skipped.skip(Bench.id(1), at: 400)
        #expect(skipped.status == .ready)
        try queue.delete(Bench.id(1))
        #expect(queue.status == .ready)
    }

    @Test func `BLOCKED hands nothing out, takes results, and ends where it began`() throws {
        var queue = try Bench.queue(Bench.config, .finished)
        let records = queue.fetch(Bench.terms(limit: 1)).records
        #expect(records.count == 1)
        queue.block()
        #expect(queue.status == .blocked)
        #expect(queue.fetch(Bench.terms()) == Delivery())
        #expect(queue.take(Bench.good(records)).succeeded == [Bench.id(1)])
        #expect(queue.status == .blocked)
        queue.unblock()
        #expect(queue.status == .provisioning)
        #expect(queue.fetch(Bench.terms()).delivered == [Bench.id(2)])
    }

    @Test func `the rule that clears takes the failed and what did not run`() throws {
        var queue = try Bench.queue(Bench.config, Bench.key, .finished)
        let records = queue.fetch(Bench.terms()).records
        let answers = Bench.good(records)
        let failure = DeviceResponse(
            correlationID: records[2].correlationID, result: .error(cme: 514, message: ""))
        let outcome = queue.take([answers[0], answers[1], failure], onFailure: .clear)
        #expect(outcome.failed == [Bench.id(2)])
        #expect(queue.commands.map(\.id) == [Bench.id(1)])
        #expect(queue.status == .error)
        try queue.add(Bench.command(4, .finished))
        #expect(queue.status == .error)
        _ = queue.take(Bench.good(queue.fetch(Bench.terms()).records))
        #expect(queue.status == .provisioned)
    }
}
