/// Deadlines, the earliest first. What is out of date stays in until it comes up; who takes it knows better.
struct DeadlineHeap<Subject> {
    typealias Entry = (deadline: UInt64, subject: Subject)
    private var entries: [Entry] = []

    var first: Entry? { entries.first }

    mutating func insert(_ subject: Subject, at deadline: UInt64) {
        entries.append((deadline, subject))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].deadline < entries[parent].deadline else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// The earliest, if its time has come.
    mutating func popFirst(due now: UInt64) -> Entry? {
        guard let first = entries.first, first.deadline <= now else { return nil }
        return removeFirst()
    }

    @discardableResult mutating func removeFirst() -> Entry? {
        guard let first = entries.first else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && entries[child].deadline < entries[least].deadline {
                least = child
            }
            guard least != parent else { return first }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
