package import DeviceIdentity
import ProvisioningCommands

/// The commands of one claimed device and where it stands: a value that only its events change.
///
/// The same events in the same order make the same queue and the same actions, so what a device would get can
/// be told by asking a copy. Nothing here reads a clock or makes an identifier.
package struct DeviceQueue: Sendable, Equatable {
    /// What becomes of the queue when a command fails; the vendor's documents say both.
    package enum FailureRule: Sendable {
        /// The failed command blocks those after it until somebody acts.
        case suspend
        /// It goes, with all that did not run.
        case clear
    }

    /// Commands that the service keeps for one device: the documented limit.
    package static let limit = CommandBatch.serviceLimit

    /// In the order in which they run.
    package internal(set) var commands: [QueuedCommand]
    /// Where the device stands but for a block.
    package internal(set) var phase: DeviceStatus
    package internal(set) var isBlocked: Bool
    /// The rules whose commands were put in the queue, which happens once.
    package internal(set) var appliedRules: Set<String>
    /// Whether the last success was that of a `finished`.
    package internal(set) var isFinishAcknowledged: Bool

    /// The queue of a device that was just claimed.
    package init() {
        self.init(
            commands: [], phase: .ready, isBlocked: false, appliedRules: [], isFinishAcknowledged: false)
    }

    /// A queue as it was kept; a phase of BLOCKED counts as READY.
    package init(
        commands: [QueuedCommand], phase: DeviceStatus, isBlocked: Bool, appliedRules: Set<String>,
        isFinishAcknowledged: Bool
    ) {
        self.commands = commands
        self.phase = phase == .blocked ? .ready : phase
        self.isBlocked = isBlocked
        self.appliedRules = appliedRules
        self.isFinishAcknowledged = isFinishAcknowledged
    }

    /// What the service says of the device.
    package var status: DeviceStatus { isBlocked ? .blocked : phase }

    /// The failed command that everything waits for.
    package var suspendedBy: QueuedCommand? { commands.first { $0.status == .failed } }

    package func command(_ id: DeviceUUID) -> QueuedCommand? { commands.first { $0.id == id } }

    func place(of id: DeviceUUID) throws(QueueRefusal) -> Int {
        guard let place = commands.firstIndex(where: { $0.id == id }) else { throw .unknownCommand }
        return place
    }

    /// Finds the phase when there is nothing more to run.
    mutating func settle() {
        guard suspendedBy == nil, !commands.contains(where: \.isOutstanding) else { return }
        switch phase {
        case .provisioning, .error:
            if isFinishAcknowledged {
                phase = .provisioned
            } else {
                phase = commands.contains { $0.status != .skipped } ? .awaiting : .ready
            }
        // What had made it ready again is gone.
        case .ready where isFinishAcknowledged: phase = .provisioned
        case .ready, .awaiting, .provisioned, .blocked: break
        }
    }
}

/// Why an operator's event changes nothing.
package enum QueueRefusal: Error, Sendable, Equatable {
    case unknownCommand
    /// The queue has as many commands as the service keeps.
    case full
    /// The command is not in one of the states in which this is allowed.
    case wrongState(CommandStatus, allowed: [CommandStatus])
    /// A command with this id is there already.
    case knownCommand
}
