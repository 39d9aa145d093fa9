import DeviceIdentity
import ProvisioningCommands
import Testing

@testable import ProvisioningState

/// Rules in the queue of a device.
@Suite struct RuleTests {
    private typealias Bench = QueueBench

    private func rule(_ id: String, _ requests: CommandRequest...) -> ActiveRule {
        ActiveRule(id: id, commands: requests.map { ProvisioningCommand($0) })
    }

    @Test func `rules apply in their order, once`() throws {
        let rules = [rule("1", Bench.config), rule("2", Bench.key, .finished)]
        var queue = DeviceQueue()
        let delivery = queue.fetch(Bench.terms(rules: rules))
        #expect(delivery.appliedRules == ["1", "2"])
        #expect(delivery.delivered == [Bench.id(110), Bench.id(120), Bench.id(121)])
        _ = queue.take(Bench.good(delivery.records))
        #expect(queue.status == .provisioned)
        #expect(queue.fetch(Bench.terms(rules: rules)) == Delivery())
        #expect(queue.appliedRules == ["1", "2"])
    }

    @Test func `blocked and suspended devices get none`() throws {
        let rules = [rule("1", Bench.config)]
        var blocked = DeviceQueue()
        blocked.block()
        #expect(blocked.fetch(Bench.terms(rules: rules)) == Delivery())
        #expect(blocked.appliedRules == [])
        var suspended = try Bench.queue(Bench.config)
        let id = suspended.fetch(Bench.terms()).records[0].correlationID
        _ = suspended.take([DeviceResponse(correlationID: id, result: .error(cme: 1, message: ""))])
        #expect(suspended.fetch(Bench.terms(rules: rules)) == Delivery())
    }

    @Test func `a rule waits while the queue has no room, and what ended takes none`() throws {
        let rules = [rule("1", Bench.config, Bench.config)]
        var queue = DeviceQueue()
        for number in 1...19 { try queue.add(Bench.command(UInt8(number), Bench.config)) }
        for round in 0..<20 {
            let delivery = queue.fetch(Bench.terms(limit: 10, rules: rules))
            if delivery.records.isEmpty { break }
            _ = queue.take(Bench.good(delivery.records))
            #expect(round < 19)
        }
        #expect(queue.appliedRules == ["1"])
        #expect(queue.commands.count == 21)
        #expect(queue.commands.allSatisfy { $0.status == .succeeded })
    }

    @Test func `the service completes a rule that makes a cloud access key`() throws {
        let rules = [rule("1", .cloudAccessKeyGeneration(.nrfCloud), .finished)]
        var queue = DeviceQueue()
        let delivery = queue.fetch(Bench.terms(rules: rules, completes: true))
        #expect(delivery.delivered == [Bench.id(110)])
        let outcome = queue.take(Bench.good(delivery.records), completes: true)
        #expect(outcome.toFollowUp == [Bench.id(110)])
        #expect(queue.status == .provisioning)
        #expect(queue.fetch(Bench.terms(rules: rules, completes: true)) == Delivery())
        let certificate = QueuedCommand(
            id: Bench.id(50), command: ProvisioningCommand(.clientCertificate(.nrfCloud, content: "c")),
            origin: .followUp(rule: "1"), createdAt: 300)
        let finished = QueuedCommand(
            id: Bench.id(51), command: ProvisioningCommand(.finished), origin: .followUp(rule: "1"),
            createdAt: 300)
        let didFollowUp = queue.followUp(Bench.id(110), with: [certificate, finished])
        #expect(didFollowUp)
        // The rule's own `finished` does.
        #expect(queue.commands.map(\.id) == [Bench.id(110), Bench.id(111), Bench.id(50)])
        let isRepeated = queue.followUp(Bench.id(110), with: [certificate, finished])
        #expect(!isRepeated)
        let last = queue.fetch(Bench.terms(rules: rules, completes: true))
        #expect(last.delivered == [Bench.id(50), Bench.id(111)])
        _ = queue.take(Bench.good(last.records), completes: true)
        #expect(queue.status == .provisioned)
    }

    @Test func `an operator's cloud access key is the operator's to complete`() throws {
        var queue = try Bench.queue(.cloudAccessKeyGeneration(.nrfCloud), .finished)
        let delivery = queue.fetch(Bench.terms(completes: true))
        #expect(delivery.delivered == [Bench.id(1), Bench.id(2)])
        #expect(queue.take(Bench.good(delivery.records), completes: true).toFollowUp == [])
    }
}
