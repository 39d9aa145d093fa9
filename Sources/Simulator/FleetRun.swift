public import Diagnostics

/// Many devices at once, each with a state of its own.
public struct FleetRun: Sendable {
    /// Where a device is to get.
    public enum Goal: String, Sendable, CaseIterable {
        /// A `finished` was acknowledged, or does not come again though the answer to its report was lost.
        case provisioned
        /// The service has nothing (more) to do for it.
        case idle

        public var status: DeviceOutcome.Status { self == .provisioned ? .provisioned : .idle }
    }

    /// What the devices are and do.
    public struct Settings: Sendable {
        public let seed: FleetSeed
        public let model: DeviceModel
        public let profile: ClientProfile
        public let goal: Goal
        public var plan = FailurePlan()
        /// The share of reports that never leave the device, 0…1; which ones follows from the seed.
        public var lostReports = 0.0
        /// Seconds by which the devices' clocks are ahead.
        public var clockSkew: Int64 = 0
        /// Whether outcomes tell what the modems have in the end.
        public var keepsCredentials = false

        public init(seed: FleetSeed, model: DeviceModel, profile: ClientProfile, goal: Goal) {
            self.seed = seed
            self.model = model
            self.profile = profile
            self.goal = goal
        }
    }

    /// What is around the devices.
    public struct World: Sendable {
        public typealias RandomSource = @Sendable (_ count: Int) throws(ToolError) -> [UInt8]

        let transport: any DeviceTransport
        let now: @Sendable () -> Int64
        let random: RandomSource
        let gate: Gate

        /// - Parameters:
        ///   - jobs: how many requests are under way at once.
        ///   - now: seconds since 1970.
        public init(
            transport: any DeviceTransport, jobs: Int, now: @escaping @Sendable () -> Int64,
            random: @escaping RandomSource
        ) {
            self.transport = transport
            self.now = now
            self.random = random
            gate = Gate(places: jobs)
        }
    }

    private let settings: Settings
    private let count: Int

    /// - Parameter count: the devices 0 to `count` − 1 of the seed's fleet.
    public init(_ settings: Settings, count: Int) {
        self.settings = settings
        self.count = count
    }

    /// Where each device got, in the order of the fleet.
    ///
    /// - Parameters:
    ///   - mustEnd: asked often; the run ends when it is true, be the devices where they may.
    ///   - progress: told how many devices are where they should be.
    public func outcomes(
        in world: World, mustEnd: @escaping @Sendable () -> Bool,
        progress: (_ done: Int) -> Void = { _ in }
    ) async throws(ToolError) -> [DeviceOutcome] {
        let settings = settings
        var outcomes = [DeviceOutcome?](repeating: nil, count: count)
        var failure: ToolError?
        await withTaskGroup(of: (index: Int, result: Result<DeviceOutcome, ToolError>)?.self) { group in
            for index in 0..<count {
                group.addTask { (index, await Self.drive(index, settings, world)) }
            }
            group.addTask {
                while !Task.isCancelled, !mustEnd() { try? await Task.sleep(for: .milliseconds(50)) }
                return nil
            }
            var ended = 0
            while ended < count, let element = await group.next() {
                guard let element else {
                    group.cancelAll()
                    continue
                }
                ended += 1
                switch element.result {
                case .success(let outcome): outcomes[element.index] = outcome
                case .failure(let error):
                    failure = failure ?? error
                    group.cancelAll()
                }
                progress(ended)
            }
            group.cancelAll()
        }
        if let failure { throw failure }
        return outcomes.compactMap { $0 }
    }

    private static func drive(
        _ index: Int, _ settings: Settings, _ world: World
    ) async -> Result<DeviceOutcome, ToolError> {
        do throws(ToolError) {
            var run = try DeviceRun(index: index, settings, world)
            try await run.drive()
            return .success(run.outcome)
        } catch {
            return .failure(error)
        }
    }
}

/// Lets so many in at once; the others wait in the order in which they came.
actor Gate {
    private var places: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var first = 0

    init(places: Int) { self.places = max(places, 1) }

    func enter() async {
        if places > 0 {
            places -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        guard first < waiting.count else {
            waiting.removeAll(keepingCapacity: true)
            first = 0
            places += 1
            return
        }
        let next = waiting[first]
        first += 1
        next.resume()
    }
}
