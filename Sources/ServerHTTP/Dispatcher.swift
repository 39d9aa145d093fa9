import NIOCore
import NIOPosix
import Service
import Synchronization

/// The threads on which the service works, and the bounded queue before them.
final class Dispatcher: Sendable {
    enum Urgency: Sendable {
        case `operator`, fetch, report

        fileprivate var bound: Int {
            switch self {
            case .operator: HTTPLimits.operatorQueue
            case .fetch: HTTPLimits.fetchQueue
            case .report: HTTPLimits.reportQueue
            }
        }
    }

    private let pool = NIOThreadPool(numberOfThreads: HTTPLimits.threads)
    /// Requests that wait or are worked on.
    private let open = Atomic<Int>(0)

    init() { pool.start() }

    /// How many requests wait or are worked on.
    var count: Int { open.load(ordering: .relaxed) }

    /// Works on a request; nil if there are too many.
    func submit<Answer: Sendable>(
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
    func shutdown() async { try? await pool.shutdownGracefully() }
}
