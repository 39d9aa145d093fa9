import Glibc

public import Diagnostics

/// Work on a stream of chunks by all cores, with results in the order of the chunks and bounded memory.
///
/// Plain threads rather than a task group: each worker owns OpenSSL contexts that must not cross threads, the
/// caller's reading and writing block, and an asynchronous `main` would cost every single-token run its start-up
/// time. Both forms measured the same throughput.
public enum OrderedPipeline {
    /// Reads with `next` and writes with `deliver` on the calling thread, works with `process` on `jobs` threads.
    ///
    /// Chunks that come one at a time, be it a single one, are processed on the calling thread. At most `depth * jobs`
    /// chunks are in flight. Nothing is waited for while there is a result to deliver: `next` is asked with
    /// ``InputDemand/awaited`` only when nothing is in flight. It is asked again after it answered that there is nothing
    /// as long as results come in, so that a delivered result may lead to more work; the run ends when there is nothing
    /// and nothing is in flight.
    /// - Parameter depth: chunks in flight for each job: enough to keep the workers busy while `next` and `deliver` run.
    /// - Parameter standingBack: whether the workers leave the processor to the calling thread where it has much to do, such
    ///   as keeping a ledger, and other threads work beside them.
    /// - Parameter stop: ends the run in good order: what is in flight is delivered, no more is read.
    /// - Parameter makeWorker: called once on each thread; what it makes never leaves that thread.
    /// - Parameter deliver: called in order; `false` stops the run after what was delivered.
    public static func run<Chunk: Sendable, Output: Sendable, Worker>(
        jobs: Int, depth: Int = 3, standingBack: Bool = false, until stop: StopSignal = .interruption,
        makeWorker: @escaping @Sendable () throws(ToolError) -> Worker,
        next: (InputDemand) throws(ToolError) -> Arrival<Chunk>,
        process: @escaping @Sendable (Worker, Chunk) -> Output,
        deliver: (Output) throws(ToolError) -> Bool
    ) throws(ToolError) {
        // What was read while the signal came may be cut short: it is dropped.
        func nextChunk(_ demand: InputDemand) throws(ToolError) -> Chunk? {
            if stop.isRequested { return nil }
            do throws(ToolError) {
                let chunk = try next(demand).value
                return stop.isRequested ? nil : chunk
            } catch {
                if stop.isRequested { return nil }
                throw error
            }
        }
        guard var first = try nextChunk(.awaited) else { return }
        var second = jobs > 1 ? try nextChunk(.atHand) : nil
        if second == nil {
            let worker = try makeWorker()
            while second == nil {
                guard try deliver(process(worker, first)), let chunk = try nextChunk(.awaited) else { return }
                first = chunk
                second = jobs > 1 ? try nextChunk(.atHand) : nil
            }
        }
        guard let second else { return }
        MemoryPool.keepFreedMemory()
        let queue = ChunkQueue<Chunk, Output>(lowWater: depth * min(jobs, 64) * 3 / 4)
        let threads = (0..<min(jobs, 64)).compactMap { _ in
            WorkerThread {
                if standingBack { WorkerThread.standBack() }
                MemoryPool.reserve()
                do {
                    let worker = try makeWorker()
                    while let (number, chunk) = queue.take() { queue.finish(number, process(worker, chunk)) }
                } catch {
                    queue.fail(error as? ToolError ?? ToolError(.internalFault, "a worker failed"))
                }
            }
        }
        defer {
            queue.close()
            for thread in threads { thread.join() }
        }
        guard !threads.isEmpty else { throw ToolError(.io, "cannot start a thread: \(systemReason())") }
        queue.put(first)
        queue.put(second)
        var submitted = 2
        var delivered = 0
        while true {
            while submitted - delivered < depth * threads.count,
                let chunk = try nextChunk(demand(inFlight: submitted - delivered, threads.count))
            {
                queue.put(chunk)
                submitted += 1
            }
            if delivered == submitted { return }
            guard try deliver(try queue.result(delivered)) else { return }
            delivered += 1
        }
    }

    /// While the workers are busy, more of a live source gathers to whole blocks.
    private static func demand(inFlight: Int, _ workers: Int) -> InputDemand {
        inFlight == 0 ? .awaited : inFlight < 2 * workers ? .atHand : .full
    }
}

/// The chunks waiting and the results waiting, under one lock.
///
/// Who waits for results is woken when the chunks run low, not by each result: with more threads than cores, each time
/// would take a core from a worker.
final class ChunkQueue<Chunk: Sendable, Output: Sendable>: @unchecked Sendable {
    // Every stored property is touched only while `mutex` is held, which is what makes sharing safe. The lock and
    // the conditions live on the heap because pthread objects must not move.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let work = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [(Int, Chunk)] = []
    private var results: [Int: Output] = [:]
    private var nextNumber = 0
    /// The result that is waited for.
    private var awaited: Int?
    /// So few chunks waiting that more are wanted: what waits then has to last for as long as the longest `deliver`.
    private let lowWater: Int
    private var closed = false
    private var failure: ToolError?

    init(lowWater: Int) {
        self.lowWater = lowWater
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(work, nil)
        pthread_cond_init(done, nil)
    }

    deinit {
        pthread_cond_destroy(work)
        pthread_cond_destroy(done)
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
        work.deallocate()
        done.deallocate()
    }

    func put(_ chunk: Chunk) {
        pthread_mutex_lock(mutex)
        waiting.append((nextNumber, chunk))
        nextNumber += 1
        pthread_cond_signal(work)
        pthread_mutex_unlock(mutex)
    }

    /// The oldest waiting chunk; `nil` when the queue is closed.
    func take() -> (Int, Chunk)? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waiting.isEmpty, !closed { pthread_cond_wait(work, mutex) }
        return closed ? nil : waiting.removeFirst()
    }

    func finish(_ number: Int, _ output: Output) {
        pthread_mutex_lock(mutex)
        results[number] = output
        if isDue { pthread_cond_signal(done) }
        pthread_mutex_unlock(mutex)
    }

    func fail(_ error: ToolError) {
        pthread_mutex_lock(mutex)
        failure = error
        pthread_cond_signal(done)
        pthread_mutex_unlock(mutex)
    }

    /// Whether who waits has to be woken: its result is there, and the workers will run out of chunks.
    private var isDue: Bool {
        guard let awaited, results[awaited] != nil else { return false }
        return waiting.count <= lowWater
    }

    func result(_ number: Int) throws(ToolError) -> Output {
        pthread_mutex_lock(mutex)
        defer {
            awaited = nil
            pthread_mutex_unlock(mutex)
        }
        // What is there already is taken at once.
        if let output = results.removeValue(forKey: number) { return output }
        awaited = number
        while true {
            if let failure { throw failure }
            if isDue, let output = results.removeValue(forKey: number) { return output }
            pthread_cond_wait(done, mutex)
        }
    }

    func close() {
        pthread_mutex_lock(mutex)
        closed = true
        pthread_cond_broadcast(work)
        pthread_mutex_unlock(mutex)
    }
}
