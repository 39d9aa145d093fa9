public import Diagnostics
public import ProvisioningCommands

/// The device library's state machine: events in, an action out; no clock, no network, no modem.
///
/// A run is: fetch, execute, report, again until nothing waits, something is refused, or a `finished` was acknowledged.
/// Then the device waits for its interval, or, after an overload, for a time that doubles. A report that fails is not
/// repeated: its results are forgotten, and over HTTP the next fetch comes at once, while over CoAP the run ends.
public struct DeviceProtocol: Sendable {
    /// What happens to the machine.
    public enum Event: Sendable {
        /// Power is on.
        case begin
        /// The time of ``Action/wait(seconds:)`` is over.
        case woke
        /// To ``Action/send(_:)``.
        case answered(ServiceAnswer)
        /// To ``Action/execute(_:)``, with the settings as they are now.
        case executed(SimulatedClient.Execution, settings: [String: String])
    }

    /// What the machine wants done; the event that tells its outcome is the next one.
    public enum Action: Sendable, Equatable {
        case wait(seconds: Int64)
        case send(DeviceRequest)
        case execute([DeviceCommand])
    }

    /// What an event led to.
    public struct Transition: Sendable, Equatable {
        public let action: Action
        /// What the library tells its application meanwhile, in order.
        public var events: [ClientEvent] = []
        /// What went wrong.
        public var problem: CheckFailure?

        public init(action: Action, events: [ClientEvent] = [], problem: CheckFailure? = nil) {
            self.action = action
            self.events = events
            self.problem = problem
        }
    }

    private enum Phase: Sendable {
        case off
        case waiting
        case fetching
        case executing
        case reporting(isFinished: Bool)
    }

    /// When the next run comes.
    private enum Pause {
        case interval
        case backOff
        /// The device starts anew.
        case restart
    }

    static let intervalSetting = "provisioning/interval-sec"
    static let longestBackOff: Int64 = 86_400
    /// Seconds from the start to the first run, and the most by which runs are spread.
    static let firstWait: Int64 = 1

    private let profile: ClientProfile
    private let firmwareVersion: String
    private let spread: Int64
    private let manners: TransportManners
    private var phase = Phase.off
    private var after = ""
    private var interval: Int64
    private var backOff: Int64

    /// - Parameters:
    ///   - firmwareName: what a current library says of the modem: ``DeviceModel/firmwareName``.
    ///   - spread: by how many seconds this device comes later than others.
    public init(
        profile: ClientProfile, firmwareName: String, spread: Int64 = 0, manners: TransportManners = .http
    ) {
        self.manners = manners
        self.profile = profile
        firmwareVersion = profile.firmwareVersion ?? firmwareName
        self.spread = max(spread, 0)
        interval = profile.interval
        backOff = profile.initialBackOff
    }

    /// What to do next. An event that does not belong to the last action is a fault of the caller's: the machine waits
    /// for its interval, and the problem says so.
    public mutating func handle(_ event: Event) -> Transition {
        switch (phase, event) {
        case (.off, .begin):
            phase = .waiting
            return Transition(action: .wait(seconds: Self.firstWait + spread), events: [.scheduled])
        case (.waiting, .woke): return fetch([.started])
        case (.fetching, .answered(let answer)): return receive(answer)
        case (.executing, .executed(let execution, let settings)):
            interval = Self.interval(settings[Self.intervalSetting]) ?? profile.interval
            return report(execution)
        case (.reporting(let isFinished), .answered(let answer)):
            return concludeReport(answer, isFinished)
        default: return end([], .interval, CheckFailure(.internalFault, "an event out of its turn"))
        }
    }

    // MARK: Fetching

    private mutating func fetch(_ events: [ClientEvent], _ problem: CheckFailure? = nil) -> Transition {
        phase = .fetching
        let query = FetchQuery(
            after: after, receiveLimit: profile.receiveBuffer, transmitLimit: profile.transmitBuffer,
            firmwareVersion: firmwareVersion, libraryVersion: profile.libraryVersion,
            recordLimit: profile.sendsLimit ? profile.recordLimit : nil)
        return Transition(action: .send(.fetch(query)), events: events, problem: problem)
    }

    private mutating func receive(_ answer: ServiceAnswer) -> Transition {
        switch answer {
        case .content(let bytes): return decode(bytes)
        case .noContent: return end([.noCommands], .interval, nil)
        default: return giveUp(after: answer, answer.problem)
        }
    }

    /// The end of a run that an answer ended.
    private mutating func giveUp(after answer: ServiceAnswer, _ problem: CheckFailure?) -> Transition {
        switch answer {
        case .unclaimed: end([.notClaimed], .interval, problem)
        case .forbidden: end([profile.tellsForbiddenApart ? .failed : .notClaimed], .interval, problem)
        case .overloaded, .connectTimedOut: end([.failed], .backOff, problem)
        case .unreachable: end([.wrongRootCertificate], .interval, problem)
        case .content, .noContent, .accepted, .badRequest, .wrongFormat, .unexpected, .tooLarge, .malformed,
            .noAnswer:
            end([.failed], .interval, problem)
        }
    }

    private mutating func decode(_ bytes: [UInt8]) -> Transition {
        do throws(CommandBatchDecoder.Failure) {
            let batch = try CommandBatchDecoder(profile: profile).decode(bytes)
            phase = .executing
            let needsModem = batch.contains { if case .at = $0.action { true } else { false } }
            return Transition(action: .execute(batch), events: needsModem ? [.needsOffline] : [])
        } catch {
            switch error {
            case .tooMany(let count):
                let problem = CheckFailure(
                    .commandLimit, "expected at most \(profile.recordLimit) commands, found \(count)")
                return end([.tooManyCommands], .interval, problem)
            case .malformed(let reason): return end([.failed], .interval, CheckFailure(.cbor, reason))
            }
        }
    }

    // MARK: Reporting

    private mutating func report(_ execution: SimulatedClient.Execution) -> Transition {
        if let crash = execution.crash {
            let problem = CheckFailure(.commandLimit, "the client has no room for \(crash), and started anew")
            return end([.fatal], .restart, problem)
        }
        after = execution.lastCommand
        var problem: CheckFailure?
        if let failure = execution.failure {
            problem = CheckFailure(
                .command,
                "\(failure.command) of \(failure.correlationID.escapedForTerminal) failed with \(failure.code)"
            )
        }
        let body = DeviceMessage.responses(execution.responses).cbor
        guard body.count <= profile.transmitBuffer else {
            return end(
                [.needsOnline, .noCommands], .interval,
                CheckFailure(
                    .commandLimit,
                    "expected answers of at most \(profile.transmitBuffer) octets, found \(body.count): "
                        + "nothing was reported"))
        }
        phase = .reporting(isFinished: execution.isFinished)
        return Transition(action: .send(.report(body)), events: [.needsOnline], problem: problem)
    }

    private mutating func concludeReport(_ answer: ServiceAnswer, _ isFinished: Bool) -> Transition {
        switch answer {
        case .accepted: return isFinished ? end([.done], .interval, nil) : fetch([])
        // Not repeated: the results are forgotten, `finished` too.
        default:
            let reason = answer.problem
            let problem = CheckFailure(
                reason?.code ?? .serviceContract, "a report was lost: \(reason?.message ?? "no content")")
            return manners.goesOnAfterLostReport ? fetch([], problem) : giveUp(after: answer, problem)
        }
    }

    // MARK: The end of a run

    private mutating func end(
        _ events: [ClientEvent], _ pause: Pause, _ problem: CheckFailure?
    ) -> Transition {
        phase = .waiting
        let wait: Int64
        switch pause {
        case .interval: wait = interval.addingReportingOverflow(spread).partialValue
        case .backOff: wait = backOff
        case .restart:
            // What was held in memory is gone.
            after = ""
            wait = Self.firstWait + spread
        }
        let (doubled, overflows) = backOff.multipliedReportingOverflow(by: 2)
        let next = overflows ? Self.longestBackOff : min(doubled, Self.longestBackOff)
        backOff = pause == .backOff ? next : profile.initialBackOff
        return Transition(
            action: .wait(seconds: wait), events: events + [.stopped, .scheduled], problem: problem)
    }

    /// The seconds of a setting as `strtol` with base 0 reads it: decimal, octal after 0, hexadecimal after 0x, to the
    /// first other character; `nil` for 0, less and what is no number.
    static func interval(_ text: String?) -> Int64? {
        guard let text else { return nil }
        var digits = Array(text.utf8).drop { $0 == 0x20 || 0x09...0x0d ~= $0 }
        if digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        var radix: Int64 = 10
        if digits.first == UInt8(ascii: "0") {
            let isHexadecimal = digits.dropFirst().first.map { $0 | 0x20 == UInt8(ascii: "x") } ?? false
            radix = isHexadecimal ? 16 : 8
            if isHexadecimal { digits = digits.dropFirst(2) }
        }
        var value: Int64 = 0
        for byte in digits {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < radix else { break }
            value = min(value * radix + Int64(digit), Int64(Int32.max))
        }
        return value > 0 ? value : nil
    }
}

extension ServiceAnswer {
    /// What is wrong with the answer; `nil` for a good one.
    var problem: CheckFailure? {
        switch self {
        case .content, .noContent, .accepted: nil
        case .unclaimed:
            CheckFailure(.serviceRefused, "the service does not know the device as claimed (401 or 4.01)")
        case .forbidden: CheckFailure(.serviceRefused, "the service refused the credentials (403 or 4.03)")
        case .badRequest: CheckFailure(.serviceRefused, "the service refused the request (400 or 4.00)")
        case .wrongFormat: CheckFailure(.serviceRefused, "the service refused the format (415 or 4.15)")
        case .overloaded: CheckFailure(.serviceRefused, "the service is overloaded (500, 5.00 or 5.03)")
        case .unexpected(let status): CheckFailure(.serviceContract, "unexpected status \(status)")
        case .tooLarge: CheckFailure(.serviceContract, "the answer does not fit the receive buffer")
        case .malformed(let reason): CheckFailure(.serviceContract, reason)
        case .noAnswer(let reason): CheckFailure(.serviceUnreachable, reason)
        case .unreachable(let reason): CheckFailure(.serviceUnreachable, reason)
        case .connectTimedOut: CheckFailure(.serviceUnreachable, "nobody answered while connecting")
        }
    }
}
