import Synchronization

/// Things that one thread at a time may use, lent out; more are made as they are wanted.
///
/// `@unchecked Sendable`: an item is with one borrower at a time, or here under the lock.
final class Pool<Item>: @unchecked Sendable {
    // Only moved between threads, through the lock.
    private struct Box: @unchecked Sendable { let item: Item }

    private let idle = Mutex<[Box]>([])
    private let limit: Int
    private let make: @Sendable () throws -> Item

    /// - Parameter limit: items that are kept while nobody wants them.
    init(keeping limit: Int = 16, _ make: @escaping @Sendable () throws -> Item) {
        self.limit = limit
        self.make = make
    }

    func lend<Value>(_ body: (Item) throws -> Value) throws -> Value {
        let box = try take()
        let result = Result { try body(box.item) }
        idle.withLock { if $0.count < limit { $0.append(box) } }
        return try result.get()
    }

    private func take() throws -> Box {
        if let box = idle.withLock({ $0.popLast() }) { return box }
        return Box(item: try make())
    }
}
