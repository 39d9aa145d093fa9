package import DeviceIdentity
package import ProvisioningCommands

/// Where a command of a queue came from.
package enum CommandOrigin: Sendable, Equatable {
    case `operator`
    case rule(String)
    /// The service itself, in answer to a command of this rule.
    case followUp(rule: String)

    /// The rule that it is of.
    package var rule: String? {
        switch self {
        case .operator: nil
        case .rule(let id), .followUp(let id): id
        }
    }
}

/// How a command ended.
package enum CommandResult: Sendable, Equatable {
    /// The modem's whole answer, or the token in it; nil where there is none to have.
    case succeeded(message: String?)
    /// A number of 32 bits whose meaning depends on the command, and the device's text.
    case failed(cme: UInt32, message: String)
    /// The service did not send it to this device, and why.
    case undeliverable(reason: String)
    /// The device did its part, and the service not: no certificate for its key, and why.
    case refused(reason: String)
}

/// One command in the queue of a device.
package struct QueuedCommand: Sendable, Equatable {
    /// Its UUID: the path part of the REST interface, and the first part of correlation ids.
    package let id: DeviceUUID
    package internal(set) var command: ProvisioningCommand
    package let origin: CommandOrigin
    /// Seconds since 1970.
    package let createdAt: Int64
    package internal(set) var status: CommandStatus = .pending
    /// How often a device fetched it.
    package internal(set) var attempts: Int = 0
    /// When it was delivered last; seconds since 1970.
    package internal(set) var deliveredAt: Int64?
    /// Since when it is in progress: the first of the deliveries that no result followed; seconds since 1970.
    package internal(set) var startedAt: Int64?
    package internal(set) var endedAt: Int64?
    package internal(set) var result: CommandResult?
    /// Steps of the present delivery that the device has answered well.
    package internal(set) var answeredSteps: Int = 0
    /// Whether the service still owes something for its result.
    package internal(set) var needsFollowUp: Bool = false
    /// Seconds in progress after which a person should look at it; nil for what is usual at the service.
    package internal(set) var timeout: Int64?

    /// A new command.
    package init(
        id: DeviceUUID, command: ProvisioningCommand, origin: CommandOrigin, createdAt: Int64,
        timeout: Int64? = nil
    ) {
        self.id = id
        self.command = command
        self.origin = origin
        self.createdAt = createdAt
        self.timeout = timeout
    }

    /// A command as it was kept.
    package init(
        id: DeviceUUID, command: ProvisioningCommand, origin: CommandOrigin, createdAt: Int64,
        status: CommandStatus, attempts: Int, deliveredAt: Int64?, startedAt: Int64?, endedAt: Int64?,
        result: CommandResult?, answeredSteps: Int, needsFollowUp: Bool, timeout: Int64?
    ) {
        self.init(id: id, command: command, origin: origin, createdAt: createdAt, timeout: timeout)
        self.status = status
        self.attempts = attempts
        self.deliveredAt = deliveredAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.result = result
        self.answeredSteps = answeredSteps
        self.needsFollowUp = needsFollowUp
    }

    /// Whether its result is overdue. It stays in progress: the device may be at work, and its report counts
    /// whenever it comes.
    ///
    /// - Parameters:
    ///   - time: seconds since 1970.
    ///   - usual: the time-out, in seconds, of a command that has none of its own; 0 for none.
    package func isOverdue(at time: Int64, usual: Int64) -> Bool {
        guard status == .inProgress, let startedAt else { return false }
        let limit = timeout ?? usual
        guard limit > 0 else { return false }
        let (due, overflows) = startedAt.addingReportingOverflow(limit)
        return !overflows && time >= due
    }

    package var isFinished: Bool { command.request == .finished }
    /// Whether a device may still get it.
    var isOpen: Bool { status == .pending || status == .inProgress }
    /// Whether something is still to come of it.
    var isOutstanding: Bool { isOpen || needsFollowUp }

    /// What the device gets at the delivery with this number, counted from 1.
    func records(attempt: Int) -> [DeviceCommand] {
        let ids = (0..<command.request.deviceStepCount).map { step in
            DeliveryID(command: id, attempt: attempt, step: step).text
        }
        return command.request.deviceCommands(ids: ids)
    }
}
