import DeviceIdentity
import Diagnostics
import OpenSSL
import ProvisioningCommands

/// One device with its client, driven until it is where it should be.
struct DeviceRun {
    private let settings: FleetRun.Settings
    private let world: FleetRun.World
    private let device: SimulatedDevice
    private let arithmetic: P256Arithmetic
    private var client: SimulatedClient
    private var machine: DeviceProtocol
    private(set) var outcome: DeviceOutcome
    private let line: any DeviceLine
    /// The JWT of this run, where it is good for more than one request.
    private var token: String?
    private var reports: UInt64 = 0
    private var lastAnswer = ServiceAnswer.noContent
    private var hasFailedCommand = false
    /// The last batch had a `finished`, and whether the service knows was not answered yet.
    private var isFinishedOpen = false

    init(index: Int, _ settings: FleetRun.Settings, _ world: FleetRun.World) throws(ToolError) {
        do { arithmetic = try P256Arithmetic() } catch { throw ToolError(.internalFault, error.message) }
        device = try SimulatedDevice(
            seed: settings.seed, index: index, model: settings.model, arithmetic: arithmetic)
        self.settings = settings
        self.world = world
        client = SimulatedClient(Modem(device), profile: settings.profile, plan: settings.plan)
        let share = settings.seed.fraction("spread", device: index, number: 0)
        machine = DeviceProtocol(
            profile: settings.profile, firmwareName: settings.model.firmwareName,
            spread: Int64(share * Double(settings.profile.spread)), manners: world.transport.manners)
        line = world.transport.line(
            profile: settings.profile, firmwareName: settings.model.firmwareName)
        outcome = DeviceOutcome(deviceUUID: device.uuid)
    }

    /// Goes on to the goal, or until its task is cancelled.
    mutating func drive() async throws(ToolError) {
        defer { if settings.keepsCredentials { outcome.credentials = client.modem.credentials } }
        do throws(ToolError) { try await run() } catch {
            await line.endRun()
            throw error
        }
        await line.endRun()
    }

    private mutating func run() async throws(ToolError) {
        var transition = machine.handle(.begin)
        while !Task.isCancelled {
            take(transition)
            if outcome.status == settings.goal.status { return }
            let event: DeviceProtocol.Event
            switch transition.action {
            case .wait(let seconds):
                await line.endRun()
                token = nil
                guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { return }
                event = .woke
            case .execute(let commands):
                let execution = client.execute(commands, arithmetic)
                outcome.commands += execution.count
                hasFailedCommand = execution.failure != nil
                isFinishedOpen = execution.isFinished
                event = .executed(execution, settings: client.settings)
            case .send(let request):
                lastAnswer = try await exchange(request)
                event = .answered(lastAnswer)
            }
            // What became of a request that was broken off says nothing of the service.
            if Task.isCancelled { return }
            transition = machine.handle(event)
        }
    }

    private mutating func exchange(_ request: DeviceRequest) async throws(ToolError) -> ServiceAnswer {
        if case .report = request {
            reports += 1
            let chance = settings.seed.fraction("lost report", device: device.index, number: reports)
            if chance < settings.lostReports { return .noAnswer("the report was dropped on purpose") }
        }
        await world.gate.enter()
        let answer: ServiceAnswer
        do throws(ToolError) {
            answer = await line.exchange(request, jwt: try currentToken())
        } catch {
            await world.gate.leave()
            throw error
        }
        await world.gate.leave()
        return answer
    }

    private mutating func currentToken() throws(ToolError) -> String {
        if let token { return token }
        let now = world.now().addingReportingOverflow(settings.clockSkew).partialValue
        let jwt = try device.jwt(now: max(now, 0), random: world.random(16), arithmetic: arithmetic)
        if world.transport.manners.tokenLastsForRun { token = jwt }
        return jwt
    }

    // MARK: Where the device is

    private mutating func take(_ transition: DeviceProtocol.Transition) {
        if let problem = transition.problem { outcome.note(problem) }
        for event in transition.events {
            switch event {
            case .done: outcome.status = .provisioned
            case .noCommands
            where settings.goal == .provisioned && isFinishedOpen && transition.problem == nil:
                // The answer to its report was lost, the report was not: `finished` would have come again.
                outcome.status = .provisioned
            case .noCommands:
                outcome.status = hasFailedCommand || transition.problem != nil ? .failed : .idle
            case .notClaimed: outcome.status = .unclaimed
            case .wrongRootCertificate: outcome.status = .unreachable
            case .failed: outcome.status = lastAnswer.status
            case .tooManyCommands, .fatal, .noValidTime: outcome.status = .failed
            case .started, .stopped, .needsOffline, .needsOnline, .scheduled: break
            }
        }
    }
}

extension ServiceAnswer {
    /// What the client's event `failed` means after this answer.
    fileprivate var status: DeviceOutcome.Status {
        switch self {
        case .forbidden, .badRequest, .wrongFormat, .unexpected: .refused
        case .overloaded: .overloaded
        case .noAnswer, .unreachable, .connectTimedOut: .unreachable
        case .unclaimed: .unclaimed
        case .content, .noContent, .accepted, .tooLarge, .malformed: .failed
        }
    }
}
