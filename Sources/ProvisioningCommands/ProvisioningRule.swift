import DeviceIdentity
public import Diagnostics
public import JSON

/// A provisioning rule: commands for every device that has one of its tags, as `POST /provisioning-rules` takes it.
public struct ProvisioningRule: Sendable, Equatable {
    public let name: String
    /// Left out of the body when nil.
    public let description: String?
    /// Whether the rule is in force as soon as it is created; otherwise it is a draft, which can still be changed.
    public let isActive: Bool
    public let commands: [ProvisioningCommand]
    public let tags: [String]

    /// A rule; throws `command-limit` for more than 20 commands, `usage` for an unusable name, for tags that are
    /// missing or not distinct, and for commands that fit one device only.
    public init(
        name: String, description: String?, isActive: Bool, commands: [ProvisioningCommand], tags: [String]
    ) throws(ToolError) {
        try Self.check(name: name)
        guard !tags.isEmpty else {
            throw ToolError(.usage, "expected at least one tag of a rule, found none")
        }
        var seen: Set<[UInt8]> = []
        for tag in tags where !seen.insert(Array(tag.utf8)).inserted {
            throw ToolError(.usage, "expected each tag once, found \(Shown.text(tag)) twice")
        }
        guard !commands.isEmpty else {
            throw ToolError(.usage, "expected at least one command of a rule, found none")
        }
        guard commands.count <= CommandBatch.serviceLimit else {
            throw ToolError(
                .commandLimit,
                "expected at most \(CommandBatch.serviceLimit) commands, which is what the service keeps for a "
                    + "device, found \(commands.count)")
        }
        for (index, command) in commands.enumerated() {
            if let reason = command.request.reasonAgainstRule {
                throw ToolError(
                    .usage, "expected commands that suit every device, found \(reason)",
                    context: [.init("command", String(index + 1))],
                    hint: .composeForEachDevice)
            }
        }
        self.name = name
        self.description = description
        self.isActive = isActive
        self.commands = commands
        self.tags = tags
    }

    private static func check(name: String) throws(ToolError) {
        guard let first = name.unicodeScalars.first, let last = name.unicodeScalars.last else {
            throw ToolError(.usage, "expected a name of the rule, found none")
        }
        let isPlain = name.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
        guard isPlain, !first.properties.isWhitespace, !last.properties.isWhitespace else {
            throw ToolError(
                .usage, "expected a name on one line without white space around it, found \(Shown.text(name))"
            )
        }
    }

    /// The body of the request, members in the order of the service's examples.
    public var json: JSONValue {
        var object: JSONObject = ["name": .string(name)]
        object["description"] = description.map { .string($0) }
        object["active"] = .bool(isActive)
        object["commands"] = .array(commands.map(\.json))
        object["tags"] = .array(tags.map { .string($0) })
        return .object(object)
    }
}

extension CommandRequest {
    /// Why it cannot be the same for all devices of a rule; nil if it can.
    fileprivate var reasonAgainstRule: String? {
        switch self {
        case .clientCertificate: "a client certificate, which is that of one device"
        case .clientPrivateKey: "a private key, which would be the same in all devices"
        case .preSharedKey: "a pre-shared key, which would be the same in all devices"
        case .certificateSigningRequest(_, let attributes?, _) where Self.hasCommonName(attributes):
            "a CSR with a common name, which is that of one device"
        default: nil
        }
    }

    private static func hasCommonName(_ attributes: String) -> Bool {
        attributes.utf8.split(separator: UInt8(ascii: ",")).contains { pair in
            let name = pair.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != UInt8(ascii: "=") }
            return name.map { $0 & 0xdf }.starts(with: "CN".utf8)
                && name.dropFirst(2).allSatisfy { $0 == UInt8(ascii: " ") }
        }
    }
}
