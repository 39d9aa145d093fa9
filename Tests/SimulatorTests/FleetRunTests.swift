import DeviceIdentity
import Diagnostics
import OpenSSL
import ProvisioningCommands
import Simulator
import Synchronization
import Testing

/// A service of one answer after the other, the same for every device; then of the last one, again and again.
private final class ScriptedService: DeviceTransport, DeviceLine {
    let manners: TransportManners
    private let answers: [ServiceAnswer]
    private let afterwards: ServiceAnswer
    private let requests = Mutex<[(request: DeviceRequest, jwt: String)]>([])

    init(
        _ answers: [ServiceAnswer], afterwards: ServiceAnswer = .noContent, manners: TransportManners = .http
    ) {
        self.manners = manners
        self.answers = answers
        self.afterwards = afterwards
    }

    func line(profile: ClientProfile, firmwareName: String) -> any DeviceLine { self }

    func endRun() async {}

    func shutDown() async {}

    func exchange(_ request: DeviceRequest, jwt: String) async -> ServiceAnswer {
        requests.withLock { requests in
            requests.append((request, jwt))
            let own = requests.count { $0.jwt.split(separator: ".")[1] == jwt.split(separator: ".")[1] }
            return answers.indices.contains(own - 1) ? answers[own - 1] : afterwards
        }
    }

    var seen: [DeviceRequest] { requests.withLock { $0.map(\.request) } }
    var tokens: [String] { requests.withLock { $0.map(\.jwt) } }
}

@Suite("Fleets")
struct FleetRunTests {
    private static let commands: [DeviceCommand] =
        keyGeneration("u.1") + [config("u.2", ["provisioning/interval-sec": "1"])]

    private func settings(_ goal: FleetRun.Goal, _ change: (inout FleetRun.Settings) -> Void = { _ in })
        -> FleetRun.Settings
    {
        var profile = ClientProfile.v3_2
        profile.interval = 1
        profile.spread = 0
        var settings = FleetRun.Settings(
            seed: FleetSeed("bench"), model: .nRF9151, profile: profile, goal: goal)
        change(&settings)
        return settings
    }

    private func run(
        _ settings: FleetRun.Settings, _ service: ScriptedService, count: Int = 1,
        mustEnd: @escaping @Sendable () -> Bool = { false }
    ) async throws -> [DeviceOutcome] {
        // One id for all tokens of a device, by which the service above counts.
        let world = FleetRun.World(
            transport: service, jobs: 2, now: { 1_700_000_000 },
            random: { count in [UInt8](repeating: 7, count: count) })
        return try await FleetRun(settings, count: count).outcomes(in: world, mustEnd: mustEnd)
    }

    /// True a while after `condition` is: it is asked every 50 ms, and what was answered has to be taken in.
    private func after(_ condition: @escaping @Sendable () -> Bool) -> @Sendable () -> Bool {
        let count = Counter()
        return { condition() && count.next() > 5 }
    }

    private final class Counter: Sendable {
        private let value = Atomic(0)

        func next() -> Int { value.add(1, ordering: .relaxed).newValue }
    }

    private func content(_ commands: [DeviceCommand]) -> ServiceAnswer {
        .content(DeviceMessage.commands(commands).cbor)
    }

    private func lines(_ outcomes: [DeviceOutcome]) -> [String] {
        outcomes.map { String(decoding: $0.line, as: UTF8.self) }
    }

    @Test func provisionsDevices() async throws {
        let service = ScriptedService([
            content(Self.commands), .accepted, .noContent, content([finished("u.3")]), .accepted,
        ])
        let outcomes = try await run(settings(.provisioned), service, count: 5)
        let arithmetic = try P256Arithmetic()
        let expected = try (0..<5).map { index in
            let device = try SimulatedDevice(seed: FleetSeed("bench"), index: index, arithmetic: arithmetic)
            return #"{"schema":"assayd.device/1","deviceUuid":"\#(device.uuid)","status":"provisioned","#
                + #""commands":4,"failures":[]}"# + "\n"
        }
        #expect(lines(outcomes) == expected)
        #expect(service.seen.count == 25)
    }

    /// The service took the report of `finished`, but its answer was lost: nothing comes again.
    @Test func isProvisionedWithoutTheLastAnswer() async throws {
        let service = ScriptedService([
            content([finished("u.1")]), .noAnswer("the connection broke"), .noContent,
        ])
        let outcomes = try await run(settings(.provisioned), service)
        #expect(outcomes.map(\.status) == [.provisioned])
        #expect(outcomes.map(\.commands) == [1])
        #expect(outcomes.first?.failures.map(\.code) == [.serviceUnreachable])
        #expect(service.seen.count == 3)
    }

    /// The report itself was lost: `finished` comes again, and only then nothing does.
    @Test func executesAFinishedAgainWhoseReportWasLost() async throws {
        let service = ScriptedService([
            content([finished("u.1")]), .noAnswer("the connection broke"), content([finished("u.1")]),
            .accepted,
        ])
        let outcomes = try await run(settings(.provisioned), service)
        #expect(outcomes.map(\.status) == [.provisioned])
        #expect(outcomes.map(\.commands) == [2])
        #expect(service.seen.count == 4)
    }

    /// Nothing waits for a device that was provisioned before: it is idle at its next run.
    @Test(arguments: [ServiceAnswer.accepted, .noAnswer("the connection broke")])
    func isIdleAfterFinished(_ answer: ServiceAnswer) async throws {
        let service = ScriptedService([content([finished("u.1")]), answer, .noContent])
        let outcomes = try await run(settings(.idle), service)
        #expect(outcomes.map(\.status) == [.idle])
    }

    @Test func endsWhereNothingIsToBeDone() async throws {
        let service = ScriptedService([.noContent])
        let outcomes = try await run(settings(.idle), service)
        #expect(outcomes.map(\.status) == [.idle])
        #expect(outcomes.map(\.commands) == [0])
    }

    @Test func tellsAFailedCommand() async throws {
        let service = ScriptedService([content(Self.commands), .accepted, .noContent])
        let plan = FailurePlan([try FailurePlan.Rule(text: "csr:514")])
        let outcomes = try await run(
            settings(.idle) { $0.plan = plan }, service, mustEnd: after { service.seen.count >= 3 })
        #expect(outcomes.map(\.status) == [.failed])
        #expect(
            outcomes.first?.failures == [CheckFailure(.command, "%KEYGEN of u.1 failed with 514")])
        #expect(outcomes.first?.commands == 2)
    }

    @Test(arguments: [
        (ServiceAnswer.unclaimed, DeviceOutcome.Status.unclaimed), (.forbidden, .refused),
        (.overloaded, .overloaded), (.unreachable("refused"), .unreachable), (.content([0xff]), .failed),
        (.noAnswer("closed"), .unreachable), (.tooLarge, .failed), (.badRequest, .refused),
    ])
    func tellsWhereItWaits(_ answer: ServiceAnswer, _ status: DeviceOutcome.Status) async throws {
        let service = ScriptedService([], afterwards: answer)
        let outcomes = try await run(
            settings(.provisioned), service, mustEnd: after { !service.seen.isEmpty })
        #expect(outcomes.map(\.status) == [status])
        #expect(outcomes.first?.failures.count == 1)
    }

    @Test func losesReports() async throws {
        // Dropped reports never get there, so all that the service sees is fetches.
        let service = ScriptedService([
            content([finished("u.1")]), content([finished("u.2")]), .noContent,
        ])
        let outcomes = try await run(settings(.idle) { $0.lostReports = 1 }, service)
        #expect(outcomes.map(\.status) == [.idle])
        #expect(service.seen.allSatisfy { if case .fetch = $0 { true } else { false } })
        #expect(service.seen.count == 3)
        #expect(
            outcomes.first?.failures == [
                CheckFailure(.serviceUnreachable, "a report was lost: the report was dropped on purpose")
            ])
    }

    @Test func setsTheClockAhead() async throws {
        let service = ScriptedService([.noContent])
        _ = try await run(settings(.idle) { $0.clockSkew = -400 }, service)
        let payload = try #require(service.tokens.first).split(separator: ".")[1]
        let claims = String(decoding: try Base64.decodeURL(Array(payload.utf8)[...]), as: UTF8.self)
        #expect(claims.contains(#""iat":1699999600,"exp":1699999900"#))
    }

    @Test func exportsTheSameFleet() throws {
        let arithmetic = try P256Arithmetic()
        let export = FleetExport(
            seed: FleetSeed("bench"), model: .nRF9151, now: 1_700_000_000,
            timestamp: "2023-11-14T22:13:20.000000+00:00")
        let device = try SimulatedDevice(seed: FleetSeed("bench"), index: 4, arithmetic: arithmetic)
        let lines = try export.lines(of: 4, arithmetic: arithmetic)
        #expect(lines.device == "\(device.uuid),\(device.imei),\(device.spkiBase64)\n")
        let token = try device.attestationToken(arithmetic: arithmetic)
        #expect(
            lines.token == "\(device.imei),\(device.uuid),\(token),2023-11-14T22:13:20.000000+00:00\n")
        #expect(try export.lines(of: 4, arithmetic: arithmetic) == lines)
    }
}
