import Diagnostics
import OpenSSL
import Simulator
import Synchronization

/// The service that the provisioning sessions of a modem at a serial line ask, and how its device does it.
struct SerialService {
    let transport: any DeviceTransport
    let settings: FleetRun.Settings
    let random: FleetRun.World.RandomSource

    func session(of device: SimulatedDevice) -> ProvisioningSession {
        ProvisioningSession(Modem(device), settings, manners: transport.manners)
    }
}

/// Carries what a session asks to the service, beside the serial line, and looks to the time that the host has.
struct SerialErrand {
    private let service: SerialService
    private let device: SimulatedDevice
    private let arithmetic: P256Arithmetic
    private let line: any DeviceLine
    private var exchange: Exchange?
    /// The JWT of this run, where it is good for more than one request.
    private var token: String?
    /// Since when the session waits for the host, in nanoseconds.
    private var waitsSince: UInt64?
    private(set) var isUnderWay = false

    init(_ service: SerialService, _ device: SimulatedDevice, _ arithmetic: P256Arithmetic) {
        self.service = service
        self.device = device
        self.arithmetic = arithmetic
        line = service.transport.line(
            profile: service.settings.profile, firmwareName: service.settings.model.firmwareName)
    }

    /// Hands in what was answered and sends what is to be sent; returns what goes out over the serial line.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970 by the modem's clock.
    ///   - moment: nanoseconds of a clock that only goes forward.
    mutating func tend(
        _ modem: inout SerialModem, now: Int64, _ moment: UInt64
    ) async throws(ToolError) -> [UInt8] {
        var notices: [UInt8] = []
        if let answer = exchange?.answer {
            exchange = nil
            notices += modem.receive(answer, arithmetic)
        }
        if modem.session?.waitsForHost == true {
            let since = waitsSince ?? moment
            waitsSince = since
            if moment &- since >= ProvisioningSession.patience * 1_000_000_000 {
                notices += modem.giveUpWaiting()
            }
        } else {
            waitsSince = nil
        }
        if let request = modem.takeRequest() {
            exchange = Exchange(request, jwt: try currentToken(now), over: line)
        }
        let wasUnderWay = isUnderWay
        isUnderWay = modem.session?.isUnderWay == true
        if wasUnderWay, !isUnderWay {
            token = nil
            await line.endRun()
        }
        // Where there is one thread for all tasks, the exchange has it meanwhile.
        if exchange != nil { await Task.yield() }
        return notices
    }

    /// Breaks off what is under way, before the transport ends.
    mutating func end() async {
        await exchange?.cancel()
        exchange = nil
        await line.endRun()
    }

    private mutating func currentToken(_ now: Int64) throws(ToolError) -> String {
        if let token { return token }
        let jwt = try device.jwt(now: max(now, 0), random: service.random(16), arithmetic: arithmetic)
        if service.transport.manners.tokenLastsForRun { token = jwt }
        return jwt
    }
}

/// One request to the service, under way.
private final class Exchange: Sendable {
    private let result: Result
    private let task: Task<Void, Never>

    private final class Result: Sendable {
        let answer = Mutex<ServiceAnswer?>(nil)
    }

    init(_ request: DeviceRequest, jwt: String, over line: any DeviceLine) {
        let result = Result()
        self.result = result
        task = Task {
            let answer = await line.exchange(request, jwt: jwt)
            result.answer.withLock { $0 = answer }
        }
    }

    func cancel() async {
        task.cancel()
        await task.value
    }

    /// Once it is there.
    var answer: ServiceAnswer? { result.answer.withLock { $0 } }
}
