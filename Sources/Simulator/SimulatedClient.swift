public import OpenSSL
public import ProvisioningCommands

/// What the device library does with a batch: the modem after it, the settings it keeps, and what is to go wrong.
public struct SimulatedClient: Sendable {
    /// What a batch led to.
    public struct Execution: Sendable, Equatable {
        public var responses: [DeviceResponse] = []
        /// The id of the last command touched, a failed one included.
        public var lastCommand = ""
        /// How many commands were executed.
        public var count = 0
        /// `finished` was among them and nothing failed.
        public var isFinished = false
        /// What failed and ended the batch.
        public var failure: CommandFailure?
        /// The library wrote after a buffer, and the device started anew: nothing is reported.
        public var crash: String?

        public init() {}
    }

    /// A command that failed.
    public struct CommandFailure: Sendable, Equatable {
        public let correlationID: String
        public let code: UInt32
        /// Without the parameters, which may be secret.
        public let command: String

        public init(correlationID: String, code: UInt32, command: String) {
            self.correlationID = correlationID
            self.code = code
            self.command = command
        }
    }

    /// Octets of a correlation id that the library has room for; it copies without looking.
    static let idLimit = CorrelationSeries.lengthLimit

    public internal(set) var modem: Modem
    /// What configuration commands set.
    public private(set) var settings: [String: String] = [:]
    private var plan: FailurePlan
    private let lineLimit: Int

    public init(_ modem: Modem, profile: ClientProfile, plan: FailurePlan = FailurePlan()) {
        self.modem = modem
        self.plan = plan
        lineLimit = profile.lineLimit
    }

    /// Executes a batch in its order to the first failure; `finished` is acknowledged last, and only if nothing failed.
    public mutating func execute(_ batch: [DeviceCommand], _ arithmetic: P256Arithmetic) -> Execution {
        var execution = Execution()
        var finished: String?
        defer { modem.isActive = true }
        for command in batch {
            guard command.correlationID.utf8.count <= Self.idLimit else {
                execution.crash = "a correlation id of \(command.correlationID.utf8.count) octets"
                return execution
            }
            execution.lastCommand = command.correlationID
            execution.count += 1
            switch command.action {
            case .finished: finished = command.correlationID
            case .config(let pairs):
                let result = configure(pairs, plan.failure(of: command.action))
                execution.note(result, of: command, "configuration")
            case .at(let at):
                // "AT=" is counted; the NUL is not.
                guard at.lineLength <= lineLimit else {
                    execution.crash = "an AT line of \(at.lineLength) octets"
                    return execution
                }
                modem.isActive = false
                let result = run(at, plan.failure(of: command.action), arithmetic)
                execution.note(result, of: command, at.name)
            }
            if execution.failure != nil { return execution }
        }
        if let finished {
            execution.isFinished = true
            execution.responses.append(DeviceResponse(correlationID: finished, result: .finished))
        }
        return execution
    }

    private mutating func run(
        _ command: ATCommand, _ planned: UInt32?, _ arithmetic: P256Arithmetic
    ) -> DeviceResponse.Result {
        let answer =
            planned.map { .failed(ModemError($0)) } ?? modem.run(command.name, command.parameters, arithmetic)
        switch answer {
        case .failed(let error) where !command.ignoredErrors.contains(error.code):
            return .error(cme: error.code, message: answer.text)
        // ERROR without a number reads as 0, which the library takes for success.
        case .ok, .failed, .unknown: return .ok(message: answer.text)
        }
    }

    /// - Parameter planned: what the first pair fails with: a negative errno as a number of 32 bits in a real device.
    private mutating func configure(
        _ pairs: [ConfigurationSetting], _ planned: UInt32?
    ) -> DeviceResponse.Result {
        if let planned { return .error(cme: planned, message: "0") }
        for pair in pairs { settings[pair.key] = pair.value }
        return .config
    }
}

extension SimulatedClient.Execution {
    fileprivate mutating func note(
        _ result: DeviceResponse.Result, of command: DeviceCommand, _ name: String
    ) {
        responses.append(DeviceResponse(correlationID: command.correlationID, result: result))
        guard case .error(let code, _) = result else { return }
        failure = SimulatedClient.CommandFailure(
            correlationID: command.correlationID, code: code, command: name)
    }
}
