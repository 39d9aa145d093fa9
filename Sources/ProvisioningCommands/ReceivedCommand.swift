public import JSON

/// A command for a device, as the service was asked for it where that can be told.
public struct ReceivedCommand: Sendable, Equatable {
    /// The request whose steps are exactly ``records``; nil where there is none.
    ///
    /// A `certificateSigningRequest` without attributes and key usage and a `cloudAccessKeyGeneration` are the same
    /// for a device; it is shown as the second.
    public let request: CommandRequest?
    /// What the device gets for it, in its order: one command, or helper steps and work.
    public let records: [DeviceCommand]

    /// That of the last record, under which the device reports the outcome.
    public var correlationID: String { records.last?.correlationID ?? "" }

    /// Commands with the helper steps folded into what they help.
    public static func fold(_ commands: [DeviceCommand]) -> [ReceivedCommand] {
        var folded: [ReceivedCommand] = []
        var rest = commands[...]
        while let first = rest.first {
            let found = [4, 2, 1].lazy.compactMap { count in whole(rest.prefix(count)) }.first
            let command = found ?? ReceivedCommand(request: nil, records: [first])
            rest = rest.dropFirst(command.records.count)
            folded.append(command)
        }
        return folded
    }

    /// The request that these records are, all of them and nothing else.
    private static func whole(_ records: ArraySlice<DeviceCommand>) -> ReceivedCommand? {
        // Work stands after each helper, or alone.
        let work = records.count == 1 ? records : records.filter { !$0.correlationID.hasSuffix(".s") }[...]
        guard let request = request(work.map(\.action)) else { return nil }
        // Encodings, because texts compare by canonical equivalence.
        let expected = request.deviceCommands(ids: work.map(\.correlationID))
        guard DeviceMessage.commands(expected).cbor == DeviceMessage.commands(Array(records)).cbor else {
            return nil
        }
        return ReceivedCommand(request: request, records: Array(records))
    }

    private static func request(_ work: [DeviceCommand.Action]) -> CommandRequest? {
        guard let first = work.first, work.count <= 2 else { return nil }
        switch first {
        case .finished: return .finished
        case .config(let settings): return .config(settings)
        case .at(let at):
            guard let request = CommandRequest(work: at) else { return nil }
            guard case .preSharedKey(let tag, let identity, _) = request else { return request }
            guard work.count == 2, case .at(let second) = work[1],
                case .preSharedKey(_, _, let secret)? = CommandRequest(work: second)
            else { return nil }
            return .preSharedKey(tag, identity: identity, secret: secret)
        }
    }

    /// `correlationId`, then `request` with `records`, the ids of what it is made of, or `at`.
    public var json: JSONValue {
        var object: JSONObject = ["correlationId": .string(correlationID)]
        if let request {
            object["request"] = request.json
            object["records"] = .array(records.map { .string($0.correlationID) })
            return .object(object)
        }
        if case .at(let at)? = records.first?.action {
            object["at"] = .object([
                "command": .string(at.name), "parameters": .string(at.parameters),
                "ignoredErrors": .array(at.ignoredErrors.map { .integer(Int64($0)) }),
            ])
        }
        return .object(object)
    }
}
