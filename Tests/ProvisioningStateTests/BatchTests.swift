import DeviceIdentity
import ProvisioningCommands
import TestSupport
import Testing

@testable import ProvisioningState

/// What goes into a batch.
@Suite struct BatchTests {
    private typealias Bench = QueueBench

    private func pem(_ length: Int) -> CommandRequest {
        .serverCertificate(.nrfCloud, content: String(repeating: "A", count: length))
    }

    @Test func `a limit counts helpers, and a helper goes with its step`() throws {
        var queue = try Bench.queue(Bench.key, Bench.config, Bench.key, .finished)
        #expect(queue.fetch(Bench.terms(limit: 4)).delivered == [Bench.id(1), Bench.id(2)])
        var absent = try Bench.queue(Bench.key, Bench.key, Bench.key)
        #expect(absent.fetch(Bench.terms(limit: nil)).records.count == 4)
    }

    @Test func `finished comes last, once, and ends the others with it`() throws {
        var queue = try Bench.queue(.finished, Bench.config, .finished)
        let delivery = queue.fetch(Bench.terms())
        #expect(delivery.delivered == [Bench.id(2), Bench.id(3)])
        #expect(delivery.records.last?.action == .finished)
        let outcome = queue.take(Bench.good(delivery.records))
        #expect(outcome.succeeded == [Bench.id(2), Bench.id(3), Bench.id(1)])
        #expect(queue.status == .provisioned)
        #expect(queue.fetch(Bench.terms()) == Delivery())
    }

    @Test func `one step that fits exactly is not held back, several leave a reserve`() throws {
        // Head 150, and one octet less than the buffer.
        let length = 1000
        var probe = try Bench.queue(pem(length))
        let size = DeviceMessage.commands(probe.fetch(Bench.terms(rx: 100_000)).records).cbor.count
        var exact = try Bench.queue(pem(length))
        #expect(exact.fetch(Bench.terms(rx: size + 151)).delivered == [Bench.id(1)])
        var short = try Bench.queue(pem(length))
        let delivery = short.fetch(Bench.terms(rx: size + 150))
        #expect(delivery.records == [])
        #expect(delivery.undeliverable == [Bench.id(1)])
        #expect(short.status == .error)
        #expect(
            short.suspendedBy?.result
                == .undeliverable(
                    reason:
                        "expected a body of at most \(size - 1) octets, which is what the device receives, found "
                        + "\(size)"))
        var several = try Bench.queue(pem(length), Bench.config)
        #expect(several.fetch(Bench.terms(rx: size + 151)).delivered == [Bench.id(1)])
    }

    @Test func `an AT line longer than the device takes is not sent`() throws {
        var queue = try Bench.queue(Bench.config, pem(1500))
        let first = queue.fetch(Bench.terms(rx: 4096, tx: 1024))
        #expect(first.delivered == [Bench.id(1)])
        _ = queue.take(Bench.good(first.records))
        let second = queue.fetch(Bench.terms(rx: 4096, tx: 1024))
        #expect(second.undeliverable == [Bench.id(2)])
        // AT%CMNG=0,16842753,0,"…"
        #expect(
            queue.suspendedBy?.result
                == .undeliverable(
                    reason:
                        "expected an AT line of at most 1023 octets, which is what the device takes, found 1523"
                ))
    }

    @Test func `the answers to come have to fit`() throws {
        var queue = try Bench.queue(Bench.csr, Bench.csr, Bench.csr)
        #expect(queue.fetch(Bench.terms(tx: 2000)).delivered == [Bench.id(1), Bench.id(2)])
    }

    @Test func `what has no result is delivered again under new ids, and old reports are dropped`() throws {
        var queue = try Bench.queue(Bench.key, .finished)
        let first = queue.fetch(Bench.terms())
        let second = queue.fetch(Bench.terms())
        #expect(second.delivered == first.delivered)
        #expect(Set(second.records.map(\.correlationID)).isDisjoint(with: first.records.map(\.correlationID)))
        let before = queue
        #expect(queue.take(Bench.good(first.records)) == ReportOutcome(ignored: 3))
        #expect(queue == before)
        #expect(queue.take(Bench.good(second.records)).succeeded == [Bench.id(1), Bench.id(2)])
        let after = queue
        #expect(queue.take(Bench.good(second.records)) == ReportOutcome(ignored: 3))
        #expect(queue == after)
    }

    @Test func `ids fit the device's buffer for ever`() {
        for attempt in [1, 2, 4_194_303, 4_194_304, Int.max / 8] {
            let id = DeliveryID(command: Bench.id(9), attempt: attempt, step: 3, isHelper: true)
            #expect(id.text.utf8.count <= 45)
            #expect(DeliveryID(id.text) == id)
            #expect(id.step(ofAttempt: attempt) == 3)
            #expect(id.step(ofAttempt: attempt - 1) == nil)
        }
        for text in [
            "", "x", "\(Bench.id(1))", "\(Bench.id(1)).", "\(Bench.id(1)).g", "\(Bench.id(1)).1234567",
        ] {
            #expect(DeliveryID(text) == nil)
        }
    }

    @Test func `a pre-shared key is done when both of its steps are`() throws {
        var queue = try Bench.queue(.preSharedKey(.nrfCloud, identity: "i", secret: "00"))
        let records = queue.fetch(Bench.terms()).records
        #expect(records.count == 4)
        var half = queue
        #expect(half.take([Bench.good(records)[1]]).succeeded == [])
        #expect(half.commands[0].status == .inProgress)
        #expect(queue.take(Bench.good(records)).succeeded == [Bench.id(1)])
    }

    @Test func `a helper's error fails the command, an ignored one does not`() throws {
        var queue = try Bench.queue(Bench.key)
        let records = queue.fetch(Bench.terms()).records
        var ignored = queue
        let answers = [
            DeviceResponse(correlationID: records[0].correlationID, result: .ok(message: "+CME ERROR: 513")),
            Bench.good(records)[1],
        ]
        #expect(ignored.take(answers).succeeded == [Bench.id(1)])
        let failure = DeviceResponse(
            correlationID: records[0].correlationID, result: .error(cme: 514, message: ""))
        #expect(queue.take([failure]).failed == [Bench.id(1)])
    }

    @Test func `a key generation without a token is a failure`() throws {
        var queue = try Bench.queue(Bench.key)
        let records = queue.fetch(Bench.terms()).records
        let answer = DeviceResponse(correlationID: records[1].correlationID, result: .ok(message: "OK"))
        #expect(queue.take([answer]).failed == [Bench.id(1)])
    }
}
