import OpenSSL
import ProvisioningCommands
import Simulator

/// What a service answers to a simulated device: HTTP, and the batch of commands in it.
enum ServiceAnswers {
    private static let profile = ClientProfile.v3_2

    /// How an answer comes in pieces changes nothing, none is larger than the device's buffer, and a batch that this
    /// project would write is executed as it was written.
    static func check(_ bytes: [UInt8]) -> String? {
        var reader = HTTPResponseReader(buffer: profile.receiveBuffer)
        let whole = reader.add(bytes)
        for place in Set([1, bytes.count / 2, bytes.count - 1]) where 0..<bytes.count ~= place {
            var parts = HTTPResponseReader(buffer: profile.receiveBuffer)
            // Behind the end of an answer nothing is read.
            guard parts.add(bytes[..<place]) == .incomplete else { continue }
            guard parts.add(bytes[place...]) == whole else {
                return "an answer in two parts reads as another"
            }
        }
        for progress in [whole, reader.end()] {
            guard case .complete(let response) = progress else { continue }
            guard response.body.count < profile.receiveBuffer else { return "a body beyond the buffer" }
            _ = response.meaning(for: .report([]))
            if case .content(let body) = response.meaning(for: .fetch(query)), let fault = checkBatch(body) {
                return fault
            }
        }
        return checkBatch(bytes)
    }

    private static let query = FetchQuery(
        after: "", receiveLimit: 0, transmitLimit: 0, firmwareVersion: "", libraryVersion: "",
        recordLimit: nil)

    /// A device that has asked gets this body.
    private static func checkBatch(_ body: [UInt8]) -> String? {
        var machine = DeviceProtocol(profile: profile, firmwareName: "f")
        guard case .wait = machine.handle(.begin).action, case .send = machine.handle(.woke).action else {
            return "a device does not ask"
        }
        let strict = try? DeviceMessage(cbor: body)
        guard case .execute(let batch) = machine.handle(.answered(.content(body))).action else { return nil }
        guard 1...profile.recordLimit ~= batch.count else { return "a batch beyond the device's room" }
        if let strict, strict != .commands(batch) { return "a batch reads as another" }
        guard let arithmetic = try? P256Arithmetic(), let modem = ModemCommands.modem(arithmetic) else {
            return "no modem"
        }
        var client = SimulatedClient(modem, profile: profile)
        let execution = client.execute(batch, arithmetic)
        guard execution.responses.count <= batch.count, execution.count <= batch.count else {
            return "more responses than commands"
        }
        if execution.failure != nil, execution.isFinished { return "finished in spite of a failure" }
        guard execution.crash == nil, !execution.responses.isEmpty else { return nil }
        let report = DeviceMessage.responses(execution.responses)
        // A device takes ids that no service gives out, an empty one for example, and answers under them.
        if strict != nil, (try? DeviceMessage(cbor: report.cbor)) != report {
            return "a report reads as another"
        }
        switch machine.handle(.executed(execution, settings: client.settings)).action {
        case .send(.report), .wait: return nil
        default: return "a device neither reports nor waits"
        }
    }
}
