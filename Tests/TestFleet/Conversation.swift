public import Foundation

/// The program under test at the end of a pipe: it is told something, and its answer is waited for.
public final class Conversation {
    public struct Outcome: Sendable {
        /// The exit status; `nil` when a signal ended it.
        public let status: Int32?
        /// What came since the last answer.
        public let output: String
        public let errors: String
    }

    private let process = Process()
    private let input: FileHandle
    private let output: FileHandle
    private let errors: URL
    private var isOpen = true

    /// Starts `binary` with these arguments in `folder`.
    public init(_ binary: URL, _ arguments: [String], in folder: URL, environment: [String: String] = [:])
        throws
    {
        signal(SIGPIPE, SIG_IGN)
        let (input, output) = (Pipe(), Pipe())
        self.input = input.fileHandleForWriting
        self.output = output.fileHandleForReading
        errors = folder.appendingPathComponent("\(UUID().uuidString).err")
        try Data().write(to: errors)
        process.executableURL = binary
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "TMPDIR": folder.path,
            "HOME": folder.path, "SWIFT_BACKTRACE": "enable=no", "LC_ALL": "C.UTF-8",
        ].merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        // The threads that run tests block signals, and a child inherits what is blocked.
        var wanted = sigset_t()
        var before = sigset_t()
        sigemptyset(&wanted)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&wanted, signal) }
        pthread_sigmask(SIG_UNBLOCK, &wanted, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: errors)
    }

    /// Writes all of it; what nobody reads is no error.
    public func say(_ text: some StringProtocol) {
        say(Array(text.utf8)[...])
    }

    public func say(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(input.fileDescriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest.removeFirst(count)
        }
    }

    /// What comes within `limit` seconds; `nil` for nothing.
    public func answer(within limit: TimeInterval) -> String? {
        var request = pollfd(fd: output.fileDescriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, Int32(limit * 1_000)) == 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(output.fileDescriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// Says no more.
    public func endInput() {
        guard isOpen else { return }
        isOpen = false
        try? input.close()
    }

    /// Reads no more.
    public func leave() { try? output.close() }

    public func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// What was written to standard error so far.
    public var errorsSoFar: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

    /// Waits for the end and reads the rest, if it was not left; after `limit` seconds the program is killed.
    public func wait(limit: TimeInterval = 60, hasLeft: Bool = false) -> Outcome {
        let process = process
        let killer = DispatchWorkItem { kill(process.processIdentifier, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + limit, execute: killer)
        let rest = hasLeft ? Data() : (try? output.readToEnd()) ?? Data()
        process.waitUntilExit()
        killer.cancel()
        endInput()
        return Outcome(
            status: process.terminationReason == .exit ? process.terminationStatus : nil,
            output: String(decoding: rest, as: UTF8.self), errors: errorsSoFar)
    }
}
