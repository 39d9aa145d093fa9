import CBOR
public import Diagnostics

/// A body of the device protocol: the commands that a device fetches, or its responses to them.
///
/// CBOR (RFC 8949) without map keys that are numbers and without tags; each command is an array whose second
/// element says what it is. Written with definite lengths and shortest numbers, and read no other way.
public enum DeviceMessage: Sendable, Equatable {
    case commands([DeviceCommand])
    case responses([DeviceResponse])

    /// Reads a body; throws `cbor` with the byte offset of what is wrong.
    public init(cbor bytes: [UInt8]) throws(ToolError) {
        var reader = DeviceMessageReader(bytes)
        self = try reader.message()
    }

    /// The encoding.
    public var cbor: [UInt8] {
        var writer = CBORWriter(reservingCapacity: 256)
        switch self {
        case .commands(let commands):
            writer.arrayHeader(commands.count)
            for command in commands { writer.write(command) }
        case .responses(let responses):
            writer.arrayHeader(responses.count)
            for response in responses { writer.write(response) }
        }
        return writer.bytes
    }
}

/// The second element of a command or response.
enum RecordType: UInt64 {
    case at = 0
    case config = 1
    case finished = 2
    case errorResponse = 99
    case okResponse = 100
    case configResponse = 101
    case finishedResponse = 102

    var isCommand: Bool { rawValue < RecordType.errorResponse.rawValue }

    /// Elements of the array.
    var length: Int {
        switch self {
        case .at: 5
        case .errorResponse: 4
        case .config, .okResponse: 3
        case .finished, .configResponse, .finishedResponse: 2
        }
    }

    var name: String {
        switch self {
        case .at: "an AT command"
        case .config: "a configuration"
        case .finished: "a 'finished'"
        case .errorResponse: "an error response"
        case .okResponse: "an AT response"
        case .configResponse: "a configuration response"
        case .finishedResponse: "a 'finished' response"
        }
    }
}

extension CBORWriter {
    private mutating func begin(_ type: RecordType, _ correlationID: String) {
        arrayHeader(type.length)
        textString(correlationID)
        unsigned(type.rawValue)
    }

    fileprivate mutating func write(_ command: DeviceCommand) {
        switch command.action {
        case .at(let at):
            begin(.at, command.correlationID)
            textString(at.name)
            textString(at.parameters)
            arrayHeader(at.ignoredErrors.count)
            for code in at.ignoredErrors { unsigned(UInt64(code)) }
        case .config(let settings):
            begin(.config, command.correlationID)
            mapHeader(settings.count)
            for setting in settings {
                textString(setting.key)
                textString(setting.value)
            }
        case .finished: begin(.finished, command.correlationID)
        }
    }

    fileprivate mutating func write(_ response: DeviceResponse) {
        switch response.result {
        case .error(let code, let message):
            begin(.errorResponse, response.correlationID)
            unsigned(UInt64(code))
            textString(message)
        case .ok(let message):
            begin(.okResponse, response.correlationID)
            textString(message)
        case .config: begin(.configResponse, response.correlationID)
        case .finished: begin(.finishedResponse, response.correlationID)
        }
    }
}
