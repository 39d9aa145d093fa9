import OpenSSL
import ProvisioningCommands

/// What the host of a modem starts by `AT#XNRFPROV`: one run of the device library.
///
/// It asks and executes as in every device, but the host takes the modem off line and back: notices ask it to, and the
/// session goes on once the modem is there. Without clock and network: it tells what to send, and is told the answer.
public struct ProvisioningSession: Sendable {
    /// What the host is told unasked: `#XNRFPROV: n`.
    public enum Notice: Int, Sendable {
        /// `finished` was acknowledged, or nothing waits.
        case done = 0
        /// The modem has to be off line: `AT+CFUN=4`.
        case takeOffline = 1
        /// The modem has to be on line again: `AT+CFUN=1`.
        case bringOnline = 2
        case failed = -1
        case notClaimed = -2
        case wrongRootCertificate = -3
        case noValidTime = -4
        case tooManyCommands = -5
        case fatal = -6
    }

    /// What comes next.
    public struct Step: Sendable, Equatable {
        public var notices: [Notice] = []
        /// What is to be sent; its answer goes to ``receive(_:on:_:)``.
        public var request: DeviceRequest?
    }

    private enum Phase {
        case over
        case asking
        case goingOffline([DeviceCommand])
        case goingOnline(DeviceRequest)
    }

    /// Seconds that the library waits for the host (`CONFIG_NRF_PROVISIONING_MODEM_STATE_WAIT_TIMEOUT_SECONDS`).
    public static let patience: UInt64 = 120

    private let makeMachine: @Sendable () -> DeviceProtocol
    private var machine: DeviceProtocol
    private var client: SimulatedClient
    private var phase = Phase.over

    public init(_ modem: Modem, _ settings: FleetRun.Settings, manners: TransportManners) {
        client = SimulatedClient(modem, profile: settings.profile, plan: settings.plan)
        makeMachine = {
            var machine = DeviceProtocol(
                profile: settings.profile, firmwareName: settings.model.firmwareName, manners: manners)
            // Its first wait is over: the host says when.
            _ = machine.handle(.begin)
            return machine
        }
        machine = makeMachine()
    }

    /// Whether it has begun and has not ended.
    public var isUnderWay: Bool { if case .over = phase { false } else { true } }

    /// Whether it goes on only when the host does something.
    public var waitsForHost: Bool {
        switch phase {
        case .goingOffline, .goingOnline: true
        case .over, .asking: false
        }
    }

    mutating func start(on modem: inout Modem, _ arithmetic: P256Arithmetic) -> Step {
        follow(machine.handle(.woke), on: &modem, arithmetic)
    }

    mutating func receive(
        _ answer: ServiceAnswer, on modem: inout Modem, _ arithmetic: P256Arithmetic
    ) -> Step {
        guard case .asking = phase else { return Step() }
        return follow(machine.handle(.answered(answer)), on: &modem, arithmetic)
    }

    /// The modem may be where the session waits for it to be.
    mutating func goOn(on modem: inout Modem, _ arithmetic: P256Arithmetic) -> Step {
        switch phase {
        case .goingOffline(let commands) where !modem.isActive:
            follow(.init(action: .execute(commands)), on: &modem, arithmetic)
        case .goingOnline(let request) where modem.isActive:
            follow(.init(action: .send(request)), on: &modem, arithmetic)
        case .over, .asking, .goingOffline, .goingOnline: Step()
        }
    }

    /// The host did not do what it was asked to.
    mutating func giveUp() -> Step {
        phase = .over
        machine = makeMachine()
        return Step(notices: [.failed])
    }

    private mutating func follow(
        _ first: DeviceProtocol.Transition, on modem: inout Modem, _ arithmetic: P256Arithmetic
    ) -> Step {
        var transition = first
        var step = Step()
        while true {
            step.notices += transition.events.compactMap { Notice($0, isActive: modem.isActive) }
            switch transition.action {
            case .wait:
                phase = .over
                return step
            case .send(let request):
                guard modem.isActive else {
                    if !step.notices.contains(.bringOnline) { step.notices.append(.bringOnline) }
                    phase = .goingOnline(request)
                    return step
                }
                phase = .asking
                step.request = request
                return step
            case .execute(let commands):
                guard !modem.isActive || !step.notices.contains(.takeOffline) else {
                    phase = .goingOffline(commands)
                    return step
                }
                transition = machine.handle(
                    .executed(execute(commands, on: &modem, arithmetic), settings: client.settings))
            }
        }
    }

    private mutating func execute(
        _ commands: [DeviceCommand], on modem: inout Modem, _ arithmetic: P256Arithmetic
    ) -> SimulatedClient.Execution {
        let wasActive = modem.isActive
        client.modem = modem
        defer {
            modem = client.modem
            modem.isActive = wasActive
        }
        return client.execute(commands, arithmetic)
    }
}

extension ProvisioningSession.Notice {
    fileprivate init?(_ event: ClientEvent, isActive: Bool) {
        switch event {
        case .done, .noCommands: self = .done
        case .failed: self = .failed
        case .notClaimed: self = .notClaimed
        case .wrongRootCertificate: self = .wrongRootCertificate
        case .noValidTime: self = .noValidTime
        case .tooManyCommands: self = .tooManyCommands
        case .fatal: self = .fatal
        case .needsOffline where isActive: self = .takeOffline
        case .needsOnline where !isActive: self = .bringOnline
        case .needsOffline, .needsOnline, .started, .stopped, .scheduled: return nil
        }
    }
}
