import DeviceIdentity
import ProvisioningCommands
import Testing

@testable import ProvisioningState

/// Each edge of a command's states, and each that there is not.
@Suite struct CommandEdgeTests {
    private typealias Bench = QueueBench

    /// A queue of one command in this state.
    private func queue(_ status: CommandStatus) throws -> DeviceQueue {
        var queue = try Bench.queue(Bench.config)
        switch status {
        case .pending: break
        case .inProgress: _ = queue.fetch(Bench.terms())
        case .succeeded: _ = queue.take(Bench.good(queue.fetch(Bench.terms()).records))
        case .failed:
            let id = queue.fetch(Bench.terms()).records[0].correlationID
            _ = queue.take([DeviceResponse(correlationID: id, result: .error(cme: 0xffff_fff4, message: "0"))]
            )
        case .skipped: try queue.skip(Bench.id(1), at: 1)
        }
        #expect(queue.commands[0].status == status)
        return queue
    }

    private enum Act: CaseIterable { case update, retry, skip, delete }

    private func apply(_ act: Act, _ queue: inout DeviceQueue) throws(QueueRefusal) {
        switch act {
        case .update: try queue.update(Bench.id(1), to: ProvisioningCommand(Bench.key))
        case .retry: try queue.retry(Bench.id(1))
        case .skip: try queue.skip(Bench.id(1), at: 2)
        case .delete: try queue.delete(Bench.id(1))
        }
    }

    /// What each act makes of each state; nil where it is refused, `[]` where the command goes.
    private static let edges: [(Act, CommandStatus, [CommandStatus]?)] = [
        (.update, .pending, [.pending]), (.update, .inProgress, nil), (.update, .succeeded, nil),
        (.update, .failed, [.pending]), (.update, .skipped, nil),
        (.retry, .pending, nil), (.retry, .inProgress, nil), (.retry, .succeeded, nil),
        (.retry, .failed, [.pending]), (.retry, .skipped, [.pending]),
        (.skip, .pending, [.skipped]), (.skip, .inProgress, nil), (.skip, .succeeded, nil),
        (.skip, .failed, [.skipped]), (.skip, .skipped, nil),
        (.delete, .pending, []), (.delete, .inProgress, nil), (.delete, .succeeded, []),
        (.delete, .failed, []), (.delete, .skipped, []),
    ]

    @Test func `each act in each state`() throws {
        #expect(Self.edges.count == Act.allCases.count * CommandStatus.allCases.count)
        for (act, status, expected) in Self.edges {
            var queue = try queue(status)
            let before = queue
            do throws(QueueRefusal) {
                try apply(act, &queue)
                #expect(Bench.statuses(queue) == expected, "\(act) in \(status)")
                if expected == [.pending] { #expect(queue.commands[0].result == nil) }
            } catch {
                #expect(expected == nil, "\(act) in \(status)")
                guard case .wrongState(status, _) = error else {
                    Issue.record("\(act) in \(status): \(error)")
                    continue
                }
                #expect(queue == before)
            }
        }
    }

    @Test func `an unknown command is refused`() throws {
        var queue = DeviceQueue()
        for act in Act.allCases {
            #expect(throws: QueueRefusal.unknownCommand) { try apply(act, &queue) }
        }
    }

    @Test func `the 21st command is refused until one is deleted`() throws {
        var queue = DeviceQueue()
        for number in 1...20 { try queue.add(Bench.command(UInt8(number), Bench.config)) }
        #expect(throws: QueueRefusal.full) { try queue.add(Bench.command(21, Bench.config)) }
        try queue.delete(Bench.id(3))
        try queue.add(Bench.command(21, Bench.config))
        #expect(queue.commands.count == 20)
        #expect(throws: QueueRefusal.full) { try queue.add(Bench.command(22, Bench.config)) }
    }
}
