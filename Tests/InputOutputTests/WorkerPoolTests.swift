import Diagnostics
import Glibc
import InputOutput
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
    @Test(arguments: [1, 2, 5])
    func everyOrderIsDoneOnce(_ threads: Int) throws {
        let made = Mutex(0)
        let pool = try WorkerPool<Int, Int>(
            threads: threads, makeWorker: { () throws(ToolError) in made.withLock { $0 += 1 } },
            process: { _, order in order * 2 })
        var results: [Int] = []
        for start in stride(from: 0, to: 300, by: 100) {
            pool.put(Array(start..<(start + 100)))
            results += try pool.takeResults(isAwaited: false)
        }
        while results.count < 300 { results += try pool.takeResults(isAwaited: true) }
        pool.close()
        #expect(results.sorted() == (0..<300).map { $0 * 2 })
        #expect(made.withLock { $0 } <= threads)
        #expect(try pool.takeResults(isAwaited: false).isEmpty)
    }

    /// Who waits for a result hears why there will be none.
    @Test func aWorkerThatCannotBeMadeIsTold() throws {
        let pool = try WorkerPool<Int, Int>(
            threads: 2, makeWorker: { () throws(ToolError) in throw ToolError(.io, "no session") },
            process: { (_: Void, order) in order })
        pool.put([1])
        let error = #expect(throws: ToolError.self) { try pool.takeResults(isAwaited: true) }
        #expect(error?.message == "no session")
        pool.close()
    }

    /// What nobody waits for any more is dropped.
    @Test func closingDoesNotWaitForWhatWaits() throws {
        let done = Mutex(0)
        let pool = try WorkerPool<Int, Int>(
            threads: 1, makeWorker: {},
            process: { _, order in
                usleep(1_000)
                done.withLock { $0 += 1 }
                return order
            })
        pool.put(Array(0..<1_000))
        _ = try pool.takeResults(isAwaited: true)
        pool.close()
        #expect((1..<1_000).contains(done.withLock { $0 }))
    }
}
