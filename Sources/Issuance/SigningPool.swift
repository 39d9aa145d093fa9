import CertificateAuthority
import Diagnostics
import InputOutput

/// Signs blocks of orders on threads of its own, as many as the key has sessions; a few orders on the calling thread, which
/// is done before a thread is started.
final class SigningPool {
    /// A block of orders, and where what comes of it belongs.
    struct Order: Sendable {
        let group: Int
        let number: Int
        let orders: [SigningOrder]
    }

    private typealias Signed = (group: Int, number: Int, block: Result<SignedBlock, ToolError>)

    private let plan: IssuancePlan
    private let jobs: Int
    private var threads: WorkerPool<Order, Signed>?
    /// For the calling thread.
    private var bench: SigningBench?
    private var atHand: [Signed] = []

    init(plan: IssuancePlan, jobs: Int) {
        self.plan = plan
        self.jobs = min(jobs, plan.issuer.concurrency)
    }

    func put(_ orders: [Order]) throws(ToolError) {
        if threads == nil, jobs == 1 || orders.count == 1 {
            if bench == nil { bench = try SigningBench(plan: plan) }
            guard let bench else { return }
            atHand += orders.map { Self.perform($0, bench) }
            return
        }
        if threads == nil { threads = try Self.pool(plan, jobs) }
        threads?.put(orders)
    }

    private static func pool(
        _ plan: IssuancePlan, _ jobs: Int
    ) throws(ToolError) -> WorkerPool<Order, Signed> {
        let makeBench: @Sendable () throws(ToolError) -> SigningBench = { () throws(ToolError) in
            try SigningBench(plan: plan)
        }
        return try WorkerPool(threads: jobs, makeWorker: makeBench) { bench, order in perform(order, bench) }
    }

    private static func perform(_ order: Order, _ bench: SigningBench) -> Signed {
        do throws(ToolError) {
            return (order.group, order.number, .success(try bench.sign(order.orders)))
        } catch {
            return (order.group, order.number, .failure(error))
        }
    }

    /// Gives `body` what was signed by now; with `isAwaited` at least one block, of orders that were put.
    ///
    /// - Throws: ``ToolError`` when the key does not sign.
    func takeSigned(
        isAwaited: Bool, _ body: (_ group: Int, _ number: Int, SignedBlock) -> Void
    ) throws(ToolError) {
        var signed = atHand
        atHand = []
        if let threads { signed += try threads.takeResults(isAwaited: isAwaited && signed.isEmpty) }
        for (group, number, block) in signed { body(group, number, try block.get()) }
    }

    func close() { threads?.close() }
}
