/// Where a claimed device stands, by the names of the service.
package enum DeviceStatus: String, CaseIterable, Sendable {
    /// Claimed, and nothing run yet.
    case ready = "READY"
    /// Commands are delivered, and results outstanding.
    case provisioning = "PROVISIONING"
    /// All that was delivered is done, and no `finished` acknowledged.
    case awaiting = "AWAITING"
    /// All succeeded, and the last `finished` acknowledged.
    case provisioned = "PROVISIONED"
    /// A command failed: nothing goes on until somebody acts.
    case error = "ERROR"
    /// Nothing new is delivered.
    case blocked = "BLOCKED"
}

/// Where a command stands, by the names of the service.
package enum CommandStatus: String, CaseIterable, Sendable {
    case pending = "PENDING"
    /// A device fetched it.
    case inProgress = "IN_PROGRESS"
    case succeeded = "SUCCEEDED"
    case failed = "FAILED"
    case skipped = "SKIPPED"

    /// Whether nothing more comes of it by itself.
    package var isFinal: Bool { self == .succeeded || self == .skipped }
}
