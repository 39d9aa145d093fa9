public import Foundation

/// What a program left behind.
public struct ProcessOutcome: Sendable {
    /// As a shell reports it: the exit status, or 128 plus the number of the signal that ended it.
    public let status: Int32
    public let endedBySignal: Bool
    public let timedOut: Bool
    public let standardOutput: Data
    public let standardError: Data
}

/// A program to run to its end: arguments, folder, environment and input.
public struct ChildProcess: Sendable {
    public struct NotFound: Error, CustomStringConvertible {
        public let name: String
        public var description: String { "no program \"\(name)\" in PATH" }
    }

    public let arguments: [String]
    public let folder: URL
    public let environment: [String: String]
    public let input: Data
    public let limit: TimeInterval

    /// - Parameter limit: seconds after which the program and its children are killed.
    public init(
        _ arguments: [String], in folder: URL, environment: [String: String], input: Data = Data(),
        limit: TimeInterval = 60
    ) {
        self.arguments = arguments
        self.folder = folder
        self.environment = environment
        self.input = input
        self.limit = limit
    }

    /// The path of a program as a shell would find it, or nil.
    public static func find(_ name: String, in environment: [String: String], from folder: URL) -> String? {
        if name.contains("/") { return URL(fileURLWithPath: name, relativeTo: folder).path }
        return (environment["PATH"] ?? "").split(separator: ":").lazy.map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs the program; blocks until it has ended or was killed.
    ///
    /// Input and outputs are files, not pipes: nothing can fill up, whatever the sizes, and a grandchild that
    /// keeps a descriptor open cannot hold the test.
    public func run() throws -> ProcessOutcome {
        guard let name = arguments.first,
            let path = Self.find(name, in: environment, from: folder)
        else { throw NotFound(name: arguments.first ?? "") }
        let scratch = FileManager.default.temporaryDirectory
            .appendingPathComponent("assay-test-io-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let files = ["in", "out", "err"].map { scratch.appendingPathComponent($0) }
        try input.write(to: files[0])
        try Data().write(to: files[1])
        try Data().write(to: files[2])

        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = Array(arguments.dropFirst())
        process.currentDirectoryURL = folder
        process.environment = environment
        let handles = [
            try FileHandle(forReadingFrom: files[0]), try FileHandle(forWritingTo: files[1]),
            try FileHandle(forWritingTo: files[2]),
        ]
        defer { for handle in handles { try? handle.close() } }
        process.standardInput = handles[0]
        process.standardOutput = handles[1]
        process.standardError = handles[2]
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        let timedOut = ended.wait(timeout: .now() + limit) == .timedOut
        if timedOut {
            killGroup(of: process.processIdentifier)
            ended.wait()
        }
        let signalled = process.terminationReason == .uncaughtSignal
        return ProcessOutcome(
            status: signalled ? 128 + process.terminationStatus : process.terminationStatus,
            endedBySignal: signalled, timedOut: timedOut,
            standardOutput: try Data(contentsOf: files[1]), standardError: try Data(contentsOf: files[2]))
    }

    private func killGroup(of identifier: Int32) {
        // Foundation starts each child as the leader of a process group of its own.
        if kill(-identifier, SIGKILL) != 0 { kill(identifier, SIGKILL) }
    }
}
