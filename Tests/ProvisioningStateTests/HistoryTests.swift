import DeviceIdentity
import ProvisioningCommands
import TestSupport
import Testing

@testable import ProvisioningState

/// What holds in every history.
@Suite struct HistoryTests {
    private typealias Bench = QueueBench

    private static let requests: [CommandRequest] = [
        .finished, QueueBench.config, QueueBench.key, QueueBench.csr,
        .preSharedKey(.nrfCloud, identity: "i", secret: "00"), .cloudAccessKeyGeneration(.nrfCloud),
    ]

    private func act(
        _ queue: inout DeviceQueue, _ number: inout UInt8, _ random: inout SplitMix64
    ) throws(QueueRefusal) {
        let place = queue.commands.isEmpty ? 0 : Int(random.next() % UInt64(queue.commands.count))
        let id = queue.commands.isEmpty ? Bench.id(0) : queue.commands[place].id
        switch random.next() % 10 {
        case 0...3:
            number &+= 1
            let request = Self.requests[Int(random.next() % UInt64(Self.requests.count))]
            try queue.add(Bench.command(number % 90 + 1, request))
        case 4: try queue.skip(id, at: 5)
        case 5: try queue.retry(id)
        case 6: try queue.delete(id)
        case 7: try queue.update(id, to: ProvisioningCommand(Bench.config))
        case 8: queue.block()
        default: queue.unblock()
        }
    }

    /// What is wrong with a queue after an event; nil if nothing is. Without an expectation for each: there
    /// are 200,000.
    private func fault(_ queue: DeviceQueue, _ delivery: Delivery, _ terms: FetchTerms) -> String? {
        let encoded = delivery.records.isEmpty ? 0 : DeviceMessage.commands(delivery.records).cbor.count
        if encoded > terms.limits.body { return "a body of \(encoded) octets" }
        if delivery.records.count > terms.limits.records { return "\(delivery.records.count) records" }
        let finished = delivery.records.indices.filter { delivery.records[$0].action == .finished }
        if !finished.isEmpty, finished != [delivery.records.count - 1] { return "finished at \(finished)" }
        let longest = delivery.records.map(\.correlationID.utf8.count).max() ?? 0
        if longest > 45 { return "an id of \(longest) octets" }
        if Set(queue.commands.map(\.id)).count != queue.commands.count { return "an id twice" }
        if queue.phase == .provisioned, queue.commands.contains(where: \.isOutstanding) {
            return "PROVISIONED with work"
        }
        if queue.suspendedBy != nil, queue.phase != .error { return "suspended and \(queue.phase)" }
        return nil
    }

    @Test func `ten thousand histories`() throws {
        var random = SplitMix64(seed: 6)
        var faults: [String] = []
        for _ in 0..<10_000 {
            var queue = DeviceQueue()
            var number: UInt8 = 0
            let rule: DeviceQueue.FailureRule = random.next() % 2 == 0 ? .suspend : .clear
            for _ in 0..<8 {
                try? act(&queue, &number, &random)
                guard random.next() % 2 == 0 else { continue }
                let terms = Bench.terms(
                    limit: Int(4 + random.next() % 10), rx: Int(300 + random.next() % 1200),
                    tx: Int(500 + random.next() % 2000),
                    rules: [ActiveRule(id: "1", commands: [ProvisioningCommand(Bench.key)])], onFailure: rule,
                    completes: random.next() % 2 == 0)
                var copy = queue
                let ahead = copy.fetch(terms)
                let delivery = queue.fetch(terms)
                if ahead != delivery || copy != queue { faults.append("another look-ahead") }
                faults += [fault(queue, delivery, terms)].compactMap { $0 }
                var responses = Bench.good(delivery.records)
                switch random.next() % 4 {
                case 0: continue
                case 1:
                    let count = Int(random.next() % UInt64(responses.count + 1))
                    responses = Array(responses.prefix(count))
                    if count < delivery.records.count {
                        responses.append(
                            DeviceResponse(
                                correlationID: delivery.records[count].correlationID,
                                result: .error(cme: 514, message: "")))
                    }
                default: break
                }
                let outcome = queue.take(responses, onFailure: rule, completes: terms.completesRules)
                for id in outcome.toFollowUp {
                    if !queue.followUp(id, with: []) { faults.append("nothing to follow up") }
                }
                faults += [fault(queue, Delivery(), terms)].compactMap { $0 }
                let after = queue
                _ = queue.take(responses, onFailure: rule, completes: terms.completesRules)
                if queue.commands != after.commands { faults.append("a report that counts twice") }
            }
        }
        #expect(faults == [])
    }
}
