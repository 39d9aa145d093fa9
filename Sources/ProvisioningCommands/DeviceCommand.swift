/// One command as a device receives it: an element of the CBOR that it fetches from the service.
public struct DeviceCommand: Sendable, Equatable {
    /// What the device does.
    public enum Action: Sendable, Equatable {
        case at(ATCommand)
        /// Settings to store, in the order of the encoding.
        case config([ConfigurationSetting])
        /// Acknowledged only if nothing failed, always as the last response.
        case finished
    }

    /// Opaque to the device, which repeats it in its response; at most 45 bytes
    /// (``CorrelationSeries/lengthLimit``).
    public let correlationID: String
    public let action: Action

    public init(correlationID: String, action: Action) {
        self.correlationID = correlationID
        self.action = action
    }
}

/// An AT command that the device hands to its modem as `AT`, the name, `=` and the parameters.
public struct ATCommand: Sendable, Equatable {
    /// With its percent sign: `%CMNG`.
    public let name: String
    public let parameters: String
    /// The `+CME ERROR` codes that count as success; at most 6.
    public let ignoredErrors: [UInt32]

    public init(name: String, parameters: String, ignoredErrors: [UInt32] = []) {
        self.name = name
        self.parameters = parameters
        self.ignoredErrors = ignoredErrors
    }

    /// Bytes of the assembled line, without its end.
    public var lineLength: Int { "AT=".utf8.count + name.utf8.count + parameters.utf8.count }
}

/// What a device answers to one command.
public struct DeviceResponse: Sendable, Equatable {
    public enum Result: Sendable, Equatable {
        /// The command failed and ended the run; 0 where the modem gave no number. A failed configuration has a
        /// negative errno as an unsigned number of 32 bits.
        case error(cme: UInt32, message: String)
        /// An AT command succeeded or failed in an ignored way; the message is the modem's whole answer.
        case ok(message: String)
        /// The settings are stored.
        case config
        case finished
    }

    /// That of the command.
    public let correlationID: String
    public let result: Result

    public init(correlationID: String, result: Result) {
        self.correlationID = correlationID
        self.result = result
    }
}
