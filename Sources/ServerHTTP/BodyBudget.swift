import Synchronization

/// How many octets of bodies all connections hold together: a thousand of a mebibyte would be a gibibyte.
final class BodyBudget: Sendable {
    private let held = Atomic<Int>(0)

    /// Whether so many more octets may be held; if so, ``release(_:)`` gives them back.
    func reserve(_ count: Int) -> Bool {
        let sum = held.add(count, ordering: .relaxed).newValue
        guard sum > HTTPLimits.heldBodies else { return true }
        release(count)
        return false
    }

    func release(_ count: Int) { held.subtract(count, ordering: .relaxed) }
}
