import Glibc

public import Diagnostics

/// Threads of their own that work on orders, oldest first; results come in whatever order they are done.
///
/// For work that only so many may do at once, such as signing with the sessions of a key, beside an ``OrderedPipeline``
/// that does the rest.
public final class WorkerPool<Order: Sendable, Output: Sendable>: @unchecked Sendable {
    // Every stored property but `threads` is touched only while `mutex` is held, and `threads` by the owner alone. The lock
    // and the conditions live on the heap because pthread objects must not move.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let work = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var orders: [Order] = []
    private var results: [Output] = []
    private var failure: ToolError?
    private var isClosed = false
    private var threads: [WorkerThread] = []

    /// - Parameters:
    ///   - standingBack: whether the threads stand back behind the one that gives them orders: beside an
    ///     ``OrderedPipeline`` there are more of them than cores, and all would wait for that one.
    ///   - makeWorker: called once on each thread; what it makes never leaves that thread.
    /// - Throws: ``ToolError`` with `io` when no thread can be started.
    public init<Worker>(
        threads count: Int, standingBack: Bool = true,
        makeWorker: @escaping @Sendable () throws(ToolError) -> Worker,
        process: @escaping @Sendable (Worker, Order) -> Output
    ) throws(ToolError) {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(work, nil)
        pthread_cond_init(done, nil)
        MemoryPool.keepFreedMemory()
        threads = (0..<max(1, min(count, 64))).compactMap { _ in
            WorkerThread { [self] in
                if standingBack { WorkerThread.standBack() }
                MemoryPool.reserve()
                do throws(ToolError) {
                    let worker = try makeWorker()
                    while let order = take() { finish(process(worker, order)) }
                } catch {
                    fail(error)
                }
            }
        }
        guard !threads.isEmpty else { throw ToolError(.io, "cannot start a thread: \(systemReason())") }
    }

    deinit {
        pthread_cond_destroy(work)
        pthread_cond_destroy(done)
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
        work.deallocate()
        done.deallocate()
    }

    public func put(_ new: [Order]) {
        pthread_mutex_lock(mutex)
        orders += new
        pthread_cond_broadcast(work)
        pthread_mutex_unlock(mutex)
    }

    /// What is done by now; with `isAwaited` at least one result, of orders that were put.
    ///
    /// - Throws: ``ToolError`` of a worker that could not be made.
    public func takeResults(isAwaited: Bool) throws(ToolError) -> [Output] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while isAwaited, results.isEmpty, failure == nil { pthread_cond_wait(done, mutex) }
        if let failure { throw failure }
        defer { results = [] }
        return results
    }

    /// Ends the threads; what is waiting is dropped. To be called once, before the pool goes.
    public func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(work)
        pthread_mutex_unlock(mutex)
        for thread in threads { thread.join() }
        threads = []
    }

    private func take() -> Order? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while orders.isEmpty, !isClosed { pthread_cond_wait(work, mutex) }
        return isClosed ? nil : orders.removeFirst()
    }

    private func finish(_ output: Output) {
        pthread_mutex_lock(mutex)
        results.append(output)
        pthread_cond_signal(done)
        pthread_mutex_unlock(mutex)
    }

    private func fail(_ error: ToolError) {
        pthread_mutex_lock(mutex)
        failure = failure ?? error
        pthread_cond_broadcast(done)
        pthread_mutex_unlock(mutex)
    }
}
