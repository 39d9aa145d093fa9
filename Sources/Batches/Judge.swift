public import Diagnostics

/// Gives every input of a chunk its report. One on each worker thread: it may own OpenSSL contexts or a connection.
public protocol Judge: AnyObject, SendableMetatype {
    associatedtype Chunk: Sendable
    associatedtype Answer: Report

    /// Adds the reports of the chunk's inputs in order, until ``Results/add(_:)`` says that no more are wanted.
    ///
    /// - Throws: only what ends the run, such as a store that cannot be read.
    func judge(_ chunk: Chunk, _ results: inout Results<Answer>) throws(ToolError)
}

/// How many inputs a judge takes through one step before it begins the next: what a step needs is then in the processor's
/// caches but for the first, and signatures share libcrypto's inversions.
public let blockSize = 64
