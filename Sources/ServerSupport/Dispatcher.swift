package import NIOCore
import NIOPosix
import Synchronization

/// The threads on which the service works, and the bounded queue before them.
package final class Dispatcher: Sendable {
    package enum Urgency: Sendable {
        case `operator`, fetch, report

        /// Requests that wait or are worked on at once, by whose they are. A report is refused last: a device forgets
        /// what it could not report and asks again at once.
        package var bound: Int {
            switch self {
            case .operator: 256
            case .fetch: 512
            case .report: 1024
            }
        }
    }

    private let pool = NIOThreadPool(numberOfThreads: Dispatcher.threads)
    /// Requests that wait or are worked on.
    private let open = Atomic<Int>(0)

    /// More than cores: most requests wait for the disk.
    private static let threads = 16

    package init() { pool.start() }

    /// How many requests wait or are worked on.
    package var count: Int { open.load(ordering: .relaxed) }

    /// Works on a request; nil if there are too many.
    package func submit<Answer: Sendable>(
        _ urgency: Urgency, on loop: any EventLoop, _ work: @escaping @Sendable () -> Answer
    ) -> EventLoopFuture<Answer>? {
        let count = open.add(1, ordering: .relaxed).newValue
        guard count <= urgency.bound else {
            open.subtract(1, ordering: .relaxed)
            return nil
        }
        return pool.runIfActive(eventLoop: loop) {
            defer { self.open.subtract(1, ordering: .relaxed) }
            return work()
        }
    }

    /// Waits for what is being worked on.
    package func shutdown() async { try? await pool.shutdownGracefully() }
}
