package import DeviceIdentity
import JSON
import OpenSSL
import ProvisioningAPI
package import ProvisioningCommands

/// A batch of commands for one device.
package struct BatchItem: Sendable {
    /// One command.
    package struct Command: Sendable {
        /// The body that the service takes.
        package let body: [UInt8]
        /// By what it is known again in the service's list: what the service does not give out is left out.
        let likeness: [UInt8]
        package let kind: CommandRequest.Kind
        /// What is noted of it while it is in hand, so that other batches know what may be its own.
        let mark: String

        init(_ command: ProvisioningCommand) {
            body = command.json.compact()
            likeness = BatchItem.likeness(of: command.json)
            kind = command.request.kind
            mark = Self.marker + Hex.encode(Array(Digest.sha256(likeness).prefix(8)))
        }

        private static let marker = "like:"

        /// Whether what has this note while it is in hand may be a command like this one.
        func mayBe(_ note: String) -> Bool {
            let marks = note.split(separator: " ").filter { $0.hasPrefix(Self.marker) }
            return marks.isEmpty || marks.contains { $0 == mark }
        }
    }

    package let device: DeviceUUID
    package let commands: [Command]
    /// What the journal files the batch under: the device and a digest of all commands, so that the same batch is the same
    /// thing, and another one another.
    let key: [UInt8]

    /// - Parameter round: makes another thing of the same batch.
    package init(device: DeviceUUID, commands: [ProvisioningCommand], round: String) {
        self.device = device
        self.commands = commands.map(Command.init)
        var digested = Array(round.utf8) + [0]
        for command in self.commands {
            digested += Array(String(command.body.count).utf8) + [0x3a] + command.body
        }
        key = device.bytes + Digest.sha256(digested)
    }

    /// The key of one command of the batch; of what is noted of the batch as a whole for nil.
    func key(of place: Int?) -> [UInt8] {
        let number = UInt16(truncatingIfNeeded: place.map { $0 + 1 } ?? 0)
        return key + [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    }

    /// Whether a key is that of what is noted of a batch as a whole.
    static func isOfBatch(_ key: [UInt8]) -> Bool { key.suffix(2).allSatisfy { $0 == 0 } }

    /// What stands in the place of this command in any list: no line ends that a service may write otherwise, no secret.
    static func likeness(of command: JSONValue) -> [UInt8] {
        guard let request = command[MemberName.request] else { return [] }
        return plain(request).compact()
    }

    private static let secrets: Set<String> = ["password", "secret"]

    private static func plain(_ value: JSONValue, in kind: String = "") -> JSONValue {
        switch value {
        case .string(let text): .string(text.filter { !$0.isNewline && $0 != "\r" })
        case .array(let elements): .array(elements.map { plain($0) })
        case .object(let object):
            .object(
                JSONObject(
                    object.members
                        .filter {
                            !secrets.contains($0.name)
                                && !(kind == CommandRequest.Kind.clientPrivateKey.rawValue
                                    && $0.name == "content")
                        }
                        .map { (name: $0.name, value: plain($0.value, in: $0.name)) }
                        .sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }))
        default: value
        }
    }
}

/// What became of a command.
package enum CommandOutcome: Sendable, Equatable {
    /// The service has it, under this id.
    case accepted(id: String)
    case refused(String)
    case notSent(String)
    case unknown(String)
}
