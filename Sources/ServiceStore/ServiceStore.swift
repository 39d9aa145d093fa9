package import Diagnostics
import InputOutput
import SQLite
import Synchronization

/// What a service keeps, in a SQLite file of its own: what a call returned is on disk.
///
/// One connection writes, so that nobody ever finds the file locked by another request; several changes share
/// one commit, so that the disk's flush does not bound their number. Others read, each in a state of its own.
///
/// `@unchecked Sendable`: the writing tables are used only under `gate`, a reading one only by whoever took
/// it out of `readers`, and the rest never changes.
package final class ServiceStore: @unchecked Sendable {
    /// Changes that share a commit at most: what one failure can take with it.
    private static let largestGroup = 256
    private static let idleReaders = 8

    private let path: String
    private let writer: ServiceTables
    private let gate = Mutex(())
    private let waiting = Mutex<[Job]>([])
    private let readers = Mutex<[Reader]>([])
    private let counters = Mutex(Counters())

    /// How much was written.
    package struct Counters: Sendable {
        package var commits: UInt64 = 0
        package var changes: UInt64 = 0
    }

    /// Opens the file, and makes it, mode 0600, where there is none.
    package init(path: String) throws(ToolError) {
        self.path = path
        _ = try FileSystem.createEmptyFile(path)
        do {
            writer = ServiceTables(try Self.connect(path, isWriter: true))
        } catch {
            throw Self.error("cannot open the service's file", path, error)
        }
    }

    /// What a change or a reading failed with, as the one error that is shown.
    private static func error(_ doing: String, _ path: String, _ error: SQLiteError) -> ToolError {
        ToolError(
            error.kind == .busy ? .locked : .io, "\(doing): \(error.message)",
            context: [.init("file", path.escapedForTerminal)])
    }

    private static func connect(_ path: String, isWriter: Bool) throws(SQLiteError) -> Connection {
        let connection = try Connection(path: path, mode: .readWrite)
        try connection.execute("PRAGMA foreign_keys = ON; PRAGMA cache_size = -8000")
        if isWriter {
            // FULL: a commit in WAL mode is on disk before it returns.
            try connection.execute("PRAGMA page_size = 8192; PRAGMA synchronous = FULL")
            try connection.execute("PRAGMA journal_mode = WAL")
            try ServiceSchema.migrate(connection)
        } else {
            try connection.execute("PRAGMA query_only = ON")
        }
        return connection
    }

    // MARK: Writing

    /// Makes a change that is whole or not at all; when this returns it is on disk.
    ///
    /// Whoever comes first makes the changes of all that wait, and one commit for them. A body that throws
    /// undoes its own change alone.
    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (ServiceTables) throws -> Value
    ) throws -> Value {
        let outcome = Outcome<Value>()
        let job = Job(
            run: { tables in outcome.set(Result { try body(tables) }) },
            fail: { error in _ = outcome.set(.failure(error)) })
        waiting.withLock { $0.append(job) }
        while true {
            gate.withLock { _ in
                guard outcome.isOpen else { return }
                let group = waiting.withLock { jobs in
                    let group = Array(jobs.prefix(Self.largestGroup))
                    jobs.removeFirst(group.count)
                    return group
                }
                run(group)
            }
            if let result = outcome.result { return try result.get() }
        }
    }

    private func run(_ group: [Job]) {
        do {
            try writer.connection.execute("BEGIN IMMEDIATE")
            for job in group {
                try writer.connection.execute("SAVEPOINT change")
                if job.run(writer) {
                    try writer.connection.execute("RELEASE change")
                } else {
                    try writer.connection.execute("ROLLBACK TO change; RELEASE change")
                }
            }
            try writer.connection.execute("COMMIT")
            counters.withLock {
                $0.commits &+= 1
                $0.changes &+= UInt64(group.count)
            }
        } catch {
            // Nothing of the group is kept, whatever each of them was told.
            try? writer.connection.execute("ROLLBACK")
            let shown = Self.error("cannot write to the service's file", path, error)
            for job in group { job.fail(shown) }
        }
    }

    /// One change that waits for its turn.
    private struct Job: Sendable {
        /// Whether the body returned.
        let run: @Sendable (ServiceTables) -> Bool
        let fail: @Sendable (any Error) -> Void
    }

    /// What became of a change; set under the gate, read behind it.
    private final class Outcome<Value: Sendable>: Sendable {
        private let value = Mutex<Result<Value, any Error>?>(nil)

        var result: Result<Value, any Error>? { value.withLock { $0 } }
        var isOpen: Bool { value.withLock { $0 == nil } }

        func set(_ result: Result<Value, any Error>) -> Bool {
            value.withLock { $0 = result }
            if case .success = result { return true }
            return false
        }
    }

    // MARK: Reading

    // Handed from thread to thread through the lock of `readers`, used by one at a time.
    private struct Reader: @unchecked Sendable {
        let tables: ServiceTables
    }

    /// Reads one state of the file.
    package func read<Value>(_ body: (ServiceTables) throws -> Value) throws -> Value {
        let reader = try takeReader()
        let result = Result { try Self.snapshot(reader.tables, body) }
        readers.withLock { if $0.count < Self.idleReaders { $0.append(reader) } }
        return try result.get()
    }

    private func takeReader() throws(ToolError) -> Reader {
        if let idle = readers.withLock({ $0.popLast() }) { return idle }
        do {
            return Reader(tables: ServiceTables(try Self.connect(path, isWriter: false)))
        } catch {
            throw Self.error("cannot read the service's file", path, error)
        }
    }

    private static func snapshot<Value>(
        _ tables: ServiceTables, _ body: (ServiceTables) throws -> Value
    ) throws -> Value {
        try tables.connection.execute("BEGIN")
        defer { try? tables.connection.execute("END") }
        return try body(tables)
    }

    package var written: Counters { counters.withLock { $0 } }

    /// Waits for the change that is being made.
    package func drain() { gate.withLock { _ in } }
}
