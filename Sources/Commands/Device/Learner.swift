import Batches
import Diagnostics
import Registry

/// Enters what outputs of devices teach into the registry: in order, one transaction a chunk.
final class Learner {
    private let registry: any DeviceRegistry
    private let now: Int64
    /// Keys that were pinned.
    private(set) var learned = 0
    /// Outputs that wait for another of their device.
    private(set) var pending = 0

    /// - Parameter now: seconds since 1970.
    init(_ registry: any DeviceRegistry, now: Int64) {
        self.registry = registry
        self.now = now
    }

    var settlement: Settlement<LearningReport> {
        Settlement { [self] reports throws(ToolError) in
            let observations = reports.compactMap { try? $0.observation.get() }
            if observations.isEmpty { return true }
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
