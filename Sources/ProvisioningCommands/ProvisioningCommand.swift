public import Diagnostics
public import JSON

/// One provisioning command: exactly the body of `POST /claimed-devices/{uuid}/provisioning`.
public struct ProvisioningCommand: Sendable, Equatable {
    /// Free text for people; left out of the body when nil.
    public var description: String?
    public let request: CommandRequest

    /// A command with this description; nil means none.
    public init(_ request: CommandRequest, description: String?) {
        self.request = request
        self.description = description
    }

    /// A command with the description that its kind has by default.
    public init(_ request: CommandRequest) {
        self.init(request, description: request.kind.defaultDescription)
    }

    /// Reads one body; throws for the first thing that is wrong with its shape, with its path.
    public init(json: JSONValue, path: JSONPath = .root) throws(ToolError) {
        var decoder = CommandDecoder()
        let command = decoder.command(json, path: path)
        if let finding = decoder.findings.first(where: { $0.severity == .error }) {
            throw finding.toolError
        }
        guard let command else {
            throw ToolError(.internalFault, "\(path): no command and no reason")
        }
        self = command
    }

    /// The body, members in the order of the service's examples.
    public var json: JSONValue {
        var object = JSONObject()
        object["description"] = description.map { .string($0) }
        object["request"] = request.json
        return .object(object)
    }
}
