/// What may be something, each once and in the order of the text, up to a limit.
public struct Candidates<Element: Hashable & Sendable>: Sendable, Equatable {
    public private(set) var all: [Element] = []
    private var seen: Set<Element> = []
    /// Whether there were more.
    public private(set) var isOverfull = false

    private static var limit: Int { 1_000 }

    /// - Returns: false where no more are taken.
    @discardableResult
    mutating func insert(_ element: Element) -> Bool {
        guard !seen.contains(element) else { return true }
        guard all.count < Self.limit else {
            isOverfull = true
            return false
        }
        seen.insert(element)
        all.append(element)
        return true
    }

    mutating func add(_ others: Candidates) {
        for other in others.all { insert(other) }
        if others.isOverfull { isOverfull = true }
    }
}
