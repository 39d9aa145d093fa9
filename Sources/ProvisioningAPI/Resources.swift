package import JSON
package import ProvisioningCommands

/// A claimed device as the service shows it.
package struct DeviceResource: Sendable, Equatable {
    package var id: String
    package var deviceType: String
    package var firmwareId: String
    package var imei: String?
    package var ownerId: String
    package var tags: [String]
    package var status: String
    package var claimedAt: String
    package var lastSeenAt: String?

    package init(
        id: String, deviceType: String, firmwareId: String, imei: String?, ownerId: String, tags: [String],
        status: String, claimedAt: String, lastSeenAt: String?
    ) {
        self.id = id
        self.deviceType = deviceType
        self.firmwareId = firmwareId
        self.imei = imei
        self.ownerId = ownerId
        self.tags = tags
        self.status = status
        self.claimedAt = claimedAt
        self.lastSeenAt = lastSeenAt
    }

    /// The only value that is known of `ownershipStatus`.
    package static let ownershipStatus = "IDENTIFIED"

    /// The service's spelling of a device type, of which one is known; the others are formed like it.
    package static func typeName(_ code: Int64) -> String {
        switch code {
        case 1: "nrf9160_SIAA"
        case 2: "nrf9160_SIBA"
        case 3: "nrf9160_SICA"
        case 4: "nrf9161_LACA"
        case 5: "nrf9131_LACA"
        case 6: "nrf9151_LACA"
        case 17: "nrf9220"
        default: "unknown_\(code)"
        }
    }

    package var json: JSONValue {
        var object = JSONObject()
        object[MemberName.id] = .string(id)
        object[MemberName.deviceType] = .string(deviceType)
        object[MemberName.firmwareId] = .string(firmwareId)
        object[MemberName.imei] = imei.map { .string($0) }
        object[MemberName.ownerId] = .string(ownerId)
        object[MemberName.ownershipStatus] = .string(Self.ownershipStatus)
        object[MemberName.tags] = .array(tags.map { .string($0) })
        object[MemberName.status] = .string(status)
        object[MemberName.claimedAt] = .string(claimedAt)
        object[MemberName.lastSeenAt] = lastSeenAt.map { .string($0) }
        return .object(object)
    }
}

/// A command as the service shows it.
package struct CommandResource: Sendable, Equatable {
    /// What came of it.
    package enum Response: Sendable, Equatable {
        /// The token of a key generation.
        case message(String)
        /// Done, without anything to show.
        case empty
        case error(cme: UInt32?, message: String)
    }

    package var id: String
    package var status: String
    package var command: ProvisioningCommand
    package var response: Response?
    package var createdAt: String
    package var ruleId: String?
    package var attempts: Int
    /// When a device fetched it last.
    package var deliveredAt: String?
    package var endedAt: String?
    /// Its own time-out in seconds.
    package var timeout: Int64?
    /// Whether it is in progress for longer than its time-out.
    package var isOverdue: Bool

    package init(
        id: String, status: String, command: ProvisioningCommand, response: Response?, createdAt: String,
        ruleId: String?, attempts: Int, deliveredAt: String?, endedAt: String?, timeout: Int64?,
        isOverdue: Bool
    ) {
        self.id = id
        self.status = status
        self.command = command
        self.response = response
        self.createdAt = createdAt
        self.ruleId = ruleId
        self.attempts = attempts
        self.deliveredAt = deliveredAt
        self.endedAt = endedAt
        self.timeout = timeout
        self.isOverdue = isOverdue
    }

    /// What stands in place of a secret: the service takes secrets, and never gives them out.
    package static let withheld = "(withheld)"

    package var json: JSONValue {
        var object = JSONObject()
        object[MemberName.id] = .string(id)
        object[MemberName.status] = .string(status)
        object[MemberName.description] = command.description.map { .string($0) }
        object[MemberName.request] = Self.shown(command.request).json
        object[MemberName.response] = response.map(responseJSON)
        object[MemberName.createdAt] = .string(createdAt)
        object[MemberName.ruleId] = ruleId.map { .string($0) }
        object[MemberName.attempts] = .integer(Int64(attempts))
        object[MemberName.deliveredAt] = deliveredAt.map { .string($0) }
        object[MemberName.endedAt] = endedAt.map { .string($0) }
        object[MemberName.timeoutSeconds] = timeout.map { .integer($0) }
        object[MemberName.overdue] = .bool(isOverdue)
        return .object(object)
    }

    private func responseJSON(_ response: Response) -> JSONValue {
        switch response {
        case .message(let text):
            return .object([command.request.kind.rawValue: .object([MemberName.message: .string(text)])])
        case .empty: return .object([command.request.kind.rawValue: .object([:])])
        case .error(let cme, let message):
            var error = JSONObject()
            error[MemberName.cmeError] = cme.map { .integer(Int64($0)) }
            error[MemberName.message] = .string(message)
            return .object([MemberName.error: .object(error)])
        }
    }

    /// A command of a rule, without its secrets.
    static func shown(_ command: ProvisioningCommand) -> JSONValue {
        ProvisioningCommand(shown(command.request), description: command.description).json
    }

    private static func shown(_ request: CommandRequest) -> CommandRequest {
        switch request {
        case .clientPrivateKey(let tag, _, let password):
            .clientPrivateKey(tag, content: withheld, password: password.map { _ in withheld })
        case .preSharedKey(let tag, let identity, _):
            .preSharedKey(tag, identity: identity, secret: withheld)
        default: request
        }
    }
}
