/// Which sessions have something to do, and when: the earliest first.
///
/// A session stands in it once for each time that was earlier than those before; who takes it out looks at the session.
struct DeadlineQueue<Name: Hashable> {
    private var heap: [(time: UInt64, name: Name)] = []
    /// The earliest time under which a name stands in the heap.
    private var scheduled: [Name: UInt64] = [:]

    /// When the first is due.
    var first: UInt64? { heap.first?.time }

    mutating func schedule(_ name: Name, at time: UInt64) {
        if let earlier = scheduled[name], earlier <= time { return }
        scheduled[name] = time
        heap.append((time, name))
        var child = heap.count - 1
        while child > 0, heap[child].time < heap[(child - 1) / 2].time {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func forget(_ name: Name) { scheduled[name] = nil }

    /// The next one whose time has come.
    mutating func pop(at now: UInt64) -> Name? {
        while let (time, name) = heap.first, time <= now {
            removeFirst()
            // An entry that an earlier one has overtaken, or of one that is forgotten.
            guard scheduled[name] == time else { continue }
            scheduled[name] = nil
            return name
        }
        return nil
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].time < heap[least].time { least = child }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
