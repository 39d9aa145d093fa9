public import Diagnostics

/// Work that is handed over piece by piece to threads that wait for others, with results in the order of the pieces.
///
/// Where ``OrderedPipeline`` pulls its input, this is for input that comes from another pipeline.
public final class OrderedLine<Chunk: Sendable, Output: Sendable> {
    private let queue: ChunkQueue<Chunk, Output>
    private let threads: [WorkerThread]
    private let depth: Int
    private var submitted = 0
    private var delivered = 0

    /// - Parameters:
    ///   - jobs: how many threads.
    ///   - depth: pieces in hand at once.
    ///   - makeWorker: called once on each thread; what it makes never leaves that thread.
    /// - Throws: ``ToolError`` with `io` where no thread can be started.
    public init<Worker>(
        jobs: Int, depth: Int, makeWorker: @escaping @Sendable () throws(ToolError) -> Worker,
        process: @escaping @Sendable (Worker, Chunk) throws(ToolError) -> Output
    ) throws(ToolError) {
        self.depth = max(depth, 1)
        // A result is wanted as soon as it is there: pieces take as long as a network does.
        let queue = ChunkQueue<Chunk, Output>(lowWater: .max)
        self.queue = queue
        threads = (0..<max(jobs, 1)).compactMap { _ in
            WorkerThread {
                do {
                    let worker = try makeWorker()
                    while let (number, chunk) = queue.take() {
                        queue.finish(number, try process(worker, chunk))
                    }
                } catch {
                    queue.fail(error as? ToolError ?? ToolError(.internalFault, "a worker failed"))
                }
            }
        }
        guard !threads.isEmpty else { throw ToolError(.io, "cannot start a thread: \(systemReason())") }
    }

    deinit {
        queue.close()
        for thread in threads { thread.join() }
    }

    /// Hands a piece over; as long as too many are in hand, takes their results first.
    public func put(_ chunk: Chunk, deliver: (Output) throws(ToolError) -> Void) throws(ToolError) {
        while submitted - delivered >= depth { try take(deliver) }
        queue.put(chunk)
        submitted += 1
    }

    /// Takes the results of all that was handed over.
    public func finish(deliver: (Output) throws(ToolError) -> Void) throws(ToolError) {
        while delivered < submitted { try take(deliver) }
    }

    private func take(_ deliver: (Output) throws(ToolError) -> Void) throws(ToolError) {
        let output = try queue.result(delivered)
        delivered += 1
        try deliver(output)
    }
}
