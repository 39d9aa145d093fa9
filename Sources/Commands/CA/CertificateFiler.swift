import Diagnostics
import InputOutput
import Issuance

/// Writes the files of `--out-dir` on a thread of its own, a group of results after the other: to make 20,000 files takes
/// the file system nearly as long as to sign what is in them.
final class CertificateFiler {
    /// A folder is one thread's at a time: it is made by the run, used by the thread of the pool alone, and goes when that
    /// has ended.
    private struct Handover: @unchecked Sendable {
        let folder: CertificateFolder
    }

    private let pool: WorkerPool<[IssuanceReport], [Int: CheckFailure]>
    /// What is done and was not taken, oldest first.
    private var done: [[Int: CheckFailure]] = []

    /// - Parameter chain: PEM that follows each certificate.
    /// - Throws: ``ToolError`` with `io` when no thread can be started.
    init(_ folder: CertificateFolder, chain: [UInt8]) throws(ToolError) {
        let handover = Handover(folder: folder)
        // It does not stand back: the run waits for it as much as it for the run.
        pool = try WorkerPool(
            threads: 1, standingBack: false, makeWorker: { () throws(ToolError) in handover },
            process: { handover, reports in handover.folder.write(reports, chain: chain) })
    }

    deinit { pool.close() }

    /// Begins to write the files of a group.
    func put(_ reports: [IssuanceReport]) { pool.put([reports]) }

    /// Waits for the oldest group that was put: by their places, the results that have no file, and why.
    func take() throws(ToolError) -> [Int: CheckFailure] {
        while done.isEmpty { done += try pool.takeResults(isAwaited: true) }
        return done.removeFirst()
    }
}
