import Batches
import Diagnostics
import Registry

/// Enters what outputs of devices teach into the registry: in order, one transaction a chunk.
final class Learner {
    /// Opens the registry, or makes it: only when there is something to learn.
    private let open: () throws(ToolError) -> any DeviceRegistry
    private var registry: (any DeviceRegistry)?
    private let now: Int64
    /// Keys that were pinned.
    private(set) var learned = 0
    /// Outputs that wait for another of their device.
    private(set) var pending = 0

    /// - Parameter now: seconds since 1970.
    init(now: Int64, open: @escaping () throws(ToolError) -> any DeviceRegistry) {
        self.open = open
        self.now = now
    }

    var settlement: Settlement<LearningReport> {
        Settlement { [self] reports throws(ToolError) in
            let observations = reports.compactMap { try? $0.observation.get() }
            if observations.isEmpty { return true }
            if registry == nil { registry = try open() }
            guard let registry else { return false }
            var outcomes = try registry.learn(observations, at: now).makeIterator()
            for index in reports.indices {
                guard case .success = reports[index].observation else { continue }
                let outcome = outcomes.next()
                reports[index].taught = outcome
                if case .learned = outcome { learned += 1 }
                if case .pending = outcome { pending += 1 }
            }
            return true
        }
    }
}
