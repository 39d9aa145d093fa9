package import Diagnostics
package import JSON
package import ProvisioningCommands

/// `POST /provisioning-rules`, and with any of its members `PATCH /provisioning-rules/{rule}`.
package struct RuleBody: Sendable, Equatable {
    package var name: String?
    package var description: String?
    package var isActive: Bool?
    package var commands: [ProvisioningCommand]?
    package var tags: [String]?

    package init(json: JSONValue) throws(ToolError) {
        let node = JSONNode(json)
        try node.allowOnly([
            MemberName.name, MemberName.description, MemberName.active, MemberName.commands, MemberName.tags,
        ])
        name = try TextRule.text(MemberName.name, of: node, TextRule.longestName)
        description = try TextRule.description(of: node)
        isActive = try node.optionalMember(MemberName.active)?.bool()
        if let member = try node.optionalMember(MemberName.tags) { tags = try TagRule.tags(member) }
        guard let member = try node.optionalMember(MemberName.commands) else { return }
        var commands: [ProvisioningCommand] = []
        for element in try member.elements() {
            if element.value.objectValue != nil { _ = try TextRule.description(of: element) }
            commands.append(try ProvisioningCommand(json: element.value, path: element.path))
        }
        self.commands = commands
    }
}

/// A rule as the service shows it.
package struct RuleResource: Sendable, Equatable {
    package var id: String
    package var name: String
    package var description: String?
    package var isActive: Bool
    package var commands: [ProvisioningCommand]
    package var tags: [String]
    package var createdAt: String
    package var activatedAt: String?

    package init(
        id: String, name: String, description: String?, isActive: Bool, commands: [ProvisioningCommand],
        tags: [String], createdAt: String, activatedAt: String?
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.isActive = isActive
        self.commands = commands
        self.tags = tags
        self.createdAt = createdAt
        self.activatedAt = activatedAt
    }

    package var json: JSONValue {
        var object: JSONObject = [MemberName.id: .string(id), MemberName.name: .string(name)]
        object[MemberName.description] = description.map { .string($0) }
        object[MemberName.active] = .bool(isActive)
        object[MemberName.status] = .string(isActive ? "ACTIVE" : "DRAFT")
        object[MemberName.commands] = .array(commands.map { CommandResource.shown($0) })
        object[MemberName.tags] = .array(tags.map { .string($0) })
        object[MemberName.createdAt] = .string(createdAt)
        object["activatedAt"] = activatedAt.map { .string($0) }
        return .object(object)
    }
}
