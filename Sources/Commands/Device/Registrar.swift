import Batches
import Diagnostics
import Registry

/// Registers the rows of an import, a few thousand in one transaction; they are reported when that is on disk.
final class Registrar {
    /// Rows in one transaction: enough that the flush to disk is a small part of the cost.
    private static let batchSize = 8_000

    /// Opens the registry, or makes it: only when there is something to register.
    private let open: () throws(ToolError) -> any DeviceRegistry
    private var registry: (any DeviceRegistry)?
    private let replacesObserved: Bool
    private let now: Int64
    private var counts: [String: Int] = [:]
    private(set) var tally = Tally()

    /// - Parameters:
    ///   - replacesObserved: whether trusted keys take the place of observed ones.
    ///   - now: seconds since 1970.
    init(
        replacesObserved: Bool, now: Int64, open: @escaping () throws(ToolError) -> any DeviceRegistry
    ) {
        self.open = open
        self.replacesObserved = replacesObserved
        self.now = now
    }

    var settlement: Settlement<ImportedRow> {
        Settlement(gathering: Self.batchSize) { [self] rows throws(ToolError) in
            try register(&rows)
            return true
        }
    }

    private func register(_ rows: inout [ImportedRow]) throws(ToolError) {
        let registrations = rows.compactMap { row -> Registration? in
            guard var registration = try? row.content.get() else { return nil }
            registration.replacesObserved = replacesObserved
            return registration
        }
        if !registrations.isEmpty {
            var outcomes = try opened().register(registrations, at: now).makeIterator()
            for index in rows.indices {
                if case .success = rows[index].content { rows[index].registered = outcomes.next() }
            }
        }
        for row in rows {
            counts[row.status, default: 0] += 1
            let outcome = row.outcome
            tally.count(outcome, outcome == .good ? nil : row.reason)
        }
    }

    private func opened() throws(ToolError) -> any DeviceRegistry {
        if let registry { return registry }
        let registry = try open()
        self.registry = registry
        return registry
    }

    /// `assay: 3 rows: 2 added, 0 updated, 1 unchanged, 0 rejected`: the parts add up to the whole.
    var summary: String {
        let replaced = replacesObserved ? ["replaced"] : []
        let parts = (["added", "updated"] + replaced + ["unchanged", "rejected"])
            .map { "\(counts[$0] ?? 0) \($0)" }
        return "assay: \(Tally.count(tally.total, "row")): " + parts.joined(separator: ", ")
            + tally.reasons.note
    }
}
