import DeviceIdentity
import ProvisioningCommands

@testable import ProvisioningState

/// Queues whose commands have numbers for ids.
enum QueueBench {
    static func id(_ number: UInt8) -> DeviceUUID {
        guard let id = DeviceUUID(bytes: ([UInt8](repeating: 0, count: 15) + [number])[...]) else {
            preconditionFailure("16 octets are a UUID")
        }
        return id
    }

    static func command(_ number: UInt8, _ request: CommandRequest) -> QueuedCommand {
        QueuedCommand(
            id: id(number), command: ProvisioningCommand(request), origin: .operator, createdAt: 100)
    }

    static let key = CommandRequest.clientPrivateKeyGeneration(.nrfCloud)
    static let csr = CommandRequest.certificateSigningRequest(.nrfCloud, attributes: nil, keyUsage: nil)
    static let config = CommandRequest.config([ConfigurationSetting(key: "a", value: "b")])

    /// A queue of these commands, numbered from 1.
    static func queue(_ requests: CommandRequest...) throws -> DeviceQueue {
        var queue = DeviceQueue()
        for (place, request) in requests.enumerated() { try queue.add(command(UInt8(place + 1), request)) }
        return queue
    }

    static func terms(
        limit: Int? = 10, rx: Int? = 2304, tx: Int? = 2304, rules: [ActiveRule] = [],
        onFailure: DeviceQueue.FailureRule = .suspend, completes: Bool = false
    ) -> FetchTerms {
        FetchTerms(
            limits: BatchLimits(limit: limit, rxMaxSize: rx, txMaxSize: tx, headSize: 150), rules: rules,
            onFailure: onFailure, completesRules: completes, time: 200,
            commandID: { rule, place in id(UInt8(100 + (Int(rule) ?? 0) * 10 + place)) })
    }

    static let token =
        "\"" + String(repeating: "A", count: 20) + "." + String(repeating: "B", count: 20) + "\""

    /// Good answers of a device, `finished` last.
    static func good(_ records: [DeviceCommand]) -> [DeviceResponse] {
        let ordered = records.filter { $0.action != .finished } + records.filter { $0.action == .finished }
        return ordered.map { record in
            let result: DeviceResponse.Result =
                switch record.action {
                case .at(let at): .ok(message: at.name == "%KEYGEN" ? token : "OK")
                case .config: .config
                case .finished: .finished
                }
            return DeviceResponse(correlationID: record.correlationID, result: result)
        }
    }

    static func statuses(_ queue: DeviceQueue) -> [CommandStatus] { queue.commands.map(\.status) }
}

extension DeviceQueue {
    /// Reports these, and says what the device is then.
    mutating func take(
        _ responses: [DeviceResponse], onFailure: FailureRule = .suspend, completes: Bool = false
    ) -> ReportOutcome {
        report(responses, at: 300, onFailure: onFailure, completesRules: completes)
    }
}
