public import Foundation

/// The program under test while it runs: its output goes to files, it can be signalled and watched.
public final class Program: Sendable {
    public struct Outcome: Sendable {
        /// The exit status; `nil` when a signal ended it.
        public let status: Int32?
        public let output: String
        public let errors: String
        /// The most memory it had at once in KiB, as last seen before it ended.
        public let peakMemory: Int

        /// The lines of the output that end in a line feed: what a reader could rely on.
        public var wholeLines: [Substring] {
            let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
            return Array(lines.dropLast())
        }
    }

    private let process: Process
    private let files: [URL]
    private let ended = DispatchSemaphore(value: 0)

    /// Starts `binary` with these arguments in `folder`.
    public init(
        _ binary: URL, _ arguments: [String], in folder: URL, environment: [String: String] = [:]
    ) throws {
        let name = UUID().uuidString
        files = ["out", "err"].map { folder.appendingPathComponent("\(name).\($0)") }
        for file in files { try Data().write(to: file) }
        process = Process()
        process.executableURL = binary
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "TMPDIR": folder.path,
            "SWIFT_BACKTRACE": "enable=no", "LC_ALL": "C.UTF-8",
        ].merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        let ended = ended
        process.terminationHandler = { _ in ended.signal() }
        // The threads that run tests block signals, and a child inherits what is blocked.
        var wanted = sigset_t()
        var before = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, SIGINT)
        sigaddset(&wanted, SIGTERM)
        sigaddset(&wanted, SIGHUP)
        pthread_sigmask(SIG_UNBLOCK, &wanted, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
    }

    public func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// What it has written to its output so far.
    public var outputSoFar: String { (try? String(contentsOf: files[0], encoding: .utf8)) ?? "" }

    /// What it has written to its errors so far.
    public var errorsSoFar: String { (try? String(contentsOf: files[1], encoding: .utf8)) ?? "" }

    /// Waits until the program wrote this much to its output, has ended, or the time is over.
    public func waitForOutput(bytes: Int, limit: TimeInterval) {
        let end = Date().addingTimeInterval(limit)
        while process.isRunning, Date() < end {
            let size = (try? FileManager.default.attributesOfItem(atPath: files[0].path)[.size] as? Int) ?? 0
            if size >= bytes { return }
            Thread.sleep(forTimeInterval: 0.001)
        }
    }

    /// Waits for the end; after `limit` seconds the program is killed.
    public func wait(limit: TimeInterval = 60) throws -> Outcome {
        let end = Date().addingTimeInterval(limit)
        var peak = 0
        while ended.wait(timeout: .now() + .milliseconds(4)) == .timedOut {
            peak = max(peak, Self.peakMemory(of: process.processIdentifier))
            if Date() > end { send(SIGKILL) }
        }
        let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        for file in files { try FileManager.default.removeItem(at: file) }
        return Outcome(
            status: process.terminationReason == .exit ? process.terminationStatus : nil, output: texts[0],
            errors: texts[1], peakMemory: peak)
    }

    private static func peakMemory(of process: Int32) -> Int {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
        else { return 0 }
        return Int(line.filter(\.isNumber)) ?? 0
    }
}
