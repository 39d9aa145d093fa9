public import DeviceIdentity
public import Diagnostics
public import JSON

/// Commands for one device in the order in which it shall run them: the document `assay.commands/1`.
public struct CommandBatch: Sendable, Equatable {
    /// The value of `schema`.
    public static let schema = "assay.commands/1"
    /// Commands that the service keeps for one device.
    public static let serviceLimit = 20
    /// Commands that a device takes in one fetch by default.
    public static let deviceDefaultLimit = 10

    /// The device it is for; nil for a batch that any device may get.
    public var deviceUUID: DeviceUUID?
    public var commands: [ProvisioningCommand]

    public init(deviceUUID: DeviceUUID?, commands: [ProvisioningCommand]) {
        self.deviceUUID = deviceUUID
        self.commands = commands
    }

    /// Reads a batch, an array of bodies or a single body; throws for the first thing wrong with its shape.
    public init(json: JSONValue) throws(ToolError) {
        var decoder = BatchDecoder()
        let batch = decoder.batch(json)
        if let finding = decoder.findings.first(where: { $0.severity == .error }) {
            throw finding.toolError
        }
        guard let batch else {
            throw ToolError(.internalFault, "no command batch and no reason")
        }
        self = batch
    }

    /// The document, `schema` first.
    public var json: JSONValue {
        var object: JSONObject = ["schema": .string(Self.schema)]
        object["deviceUuid"] = deviceUUID.map { .string($0.description) }
        object["commands"] = .array(commands.map(\.json))
        return .object(object)
    }
}

/// Which of the accepted forms a command document has.
public enum CommandDocumentForm: String, Sendable {
    case batch = "a batch"
    case bodies = "an array of command bodies"
    case body = "a single command body"

    /// The form that a document claims to have; nil if it is none of them.
    public init?(of document: JSONValue) {
        switch document {
        case .array: self = .bodies
        case .object(let object): self = object["request"] != nil ? .body : .batch
        default: return nil
        }
    }

    /// Where the command with this 0-based place stands in a document of this form.
    public static func path(ofCommand place: Int, in form: CommandDocumentForm?) -> JSONPath {
        switch form {
        case .batch: JSONPath.root.appending("commands").appending(place)
        case .bodies: JSONPath.root.appending(place)
        case .body, nil: .root
        }
    }
}

/// Reads command documents and collects everything that is wrong with their shape.
struct BatchDecoder {
    private var decoder = CommandDecoder()
    /// The commands that could be read, with their places.
    private(set) var commands: [(command: ProvisioningCommand, path: JSONPath)] = []
    private(set) var deviceUUID: DeviceUUID?
    /// How many commands the document has, readable or not.
    private(set) var count = 0

    /// Commands after this many are counted, not read: the batch is refused anyway.
    private static let readLimit = 1_000

    var findings: [BatchFinding] { decoder.findings }

    /// The batch as far as it could be read; nil when the document is none at all.
    mutating func batch(_ document: JSONValue) -> CommandBatch? {
        guard let form = CommandDocumentForm(of: document) else {
            let found = document.kind
            decoder.report(.command, .root, "expected a command batch, command bodies or one, found \(found)")
            return nil
        }
        switch form {
        case .body: command(document, .root)
        case .bodies: self.commands(document, .root)
        case .batch: envelope(document)
        }
        return CommandBatch(deviceUUID: deviceUUID, commands: commands.map(\.command))
    }

    private mutating func envelope(_ document: JSONValue) {
        guard let object = decoder.object(document, .root) else { return }
        decoder.refuseUnknown(in: object, .root, except: ["schema", "deviceUuid", "commands"])
        let schema = decoder.string("schema", of: object, .root)
        if let schema, schema != CommandBatch.schema {
            decoder.report(
                .command, JSONPath.root.appending("schema"),
                "expected '\(CommandBatch.schema)', found \(Shown.text(schema))")
        }
        if let text = decoder.optionalString("deviceUuid", of: object, .root) {
            do throws(ToolError) {
                deviceUUID = try DeviceUUID(text: text)
            } catch {
                decoder.report(.command, JSONPath.root.appending("deviceUuid"), error.message)
            }
        }
        if let value = decoder.member("commands", of: object, .root) {
            commands(value, JSONPath.root.appending("commands"))
        }
    }

    private mutating func commands(_ value: JSONValue, _ path: JSONPath) {
        guard case .array(let bodies) = value else {
            decoder.report(.command, path, "expected an array, found \(value.kind)")
            return
        }
        if bodies.isEmpty {
            decoder.report(.command, path, "expected at least one command, found none")
        }
        for (index, body) in bodies.prefix(Self.readLimit).enumerated() {
            command(body, path.appending(index))
        }
        if bodies.count > Self.readLimit {
            count = bodies.count
            decoder.report(
                .commandLimit, path, "expected at most \(Self.readLimit) commands, found \(bodies.count)")
        }
    }

    private mutating func command(_ body: JSONValue, _ path: JSONPath) {
        count += 1
        if let command = decoder.command(body, path: path) {
            commands.append((command, path))
        }
    }
}
