public import Foundation

/// How a script ended.
public enum ScriptOutcome: Equatable, Sendable {
    case passed
    /// What was there held; the lines that ask for something that is not there were left out.
    case passedInPart([String])
    case skipped(String)
    case failed(ScriptFailure)
}

/// The line that failed, why, and what the last program had printed.
public struct ScriptFailure: Error, Equatable, Sendable, CustomStringConvertible {
    public let file: String
    public let line: Int
    public let command: String
    public let message: String
    public let standardOutput: String
    public let standardError: String

    public init(
        file: String, line: Int, command: String, message: String, standardOutput: String,
        standardError: String
    ) {
        self.file = file
        self.line = line
        self.command = command
        self.message = message
        self.standardOutput = standardOutput
        self.standardError = standardError
    }

    public var description: String {
        """
        \(file):\(line): \(command)
        \(message)
        [stdout]
        \(standardOutput)[stderr]
        \(standardError)
        """
    }
}

/// Runs scripts, each in its own new folder; `README.md` beside this file describes the language.
public struct ScriptRunner: Sendable {
    public var binary: URL
    public var fixtures: URL
    public var vectors: URL?
    /// The programs of the Python packages for second opinions; its `python3` is that of the scripts.
    public var peers: URL?
    /// Seconds that one program may take.
    public var limit: TimeInterval
    /// Writes what `cmp` finds back into the script instead of comparing.
    public var records: Bool

    public init(
        binary: URL = TestPaths.binary, fixtures: URL = TestPaths.fixtures, vectors: URL? = TestPaths.vectors,
        peers: URL? = Peers.folder, limit: TimeInterval = 60, records: Bool = TestPaths.isRecording
    ) {
        self.binary = binary
        self.fixtures = fixtures
        self.vectors = vectors
        self.peers = peers
        self.limit = limit
        self.records = records
    }

    /// Runs the script in a file.
    public func run(file: URL) throws -> ScriptOutcome {
        let text = try String(contentsOf: file, encoding: .utf8)
        let (outcome, recorded) = try run(text, name: file.lastPathComponent)
        if records, recorded != text {
            try recorded.write(to: file, atomically: true, encoding: .utf8)
        }
        return outcome
    }

    /// Runs a script given as text.
    public func run(text: String, name: String = "script") throws -> ScriptOutcome {
        try run(text, name: name).outcome
    }

    private func run(_ text: String, name: String) throws -> (outcome: ScriptOutcome, recorded: String) {
        let work = try Self.makeWorkFolder()
        defer { Self.removeWorkFolder(work) }
        let archive = TextArchive(text)
        for file in archive.files {
            let path = work.appendingPathComponent(file.name)
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.text.utf8).write(to: path)
        }
        var run = ScriptRun(runner: self, work: work, archive: archive)
        let outcome = run.perform(name: name)
        return (outcome, run.archive.text)
    }

    /// A new, empty folder for one script.
    public static func makeWorkFolder() throws -> URL {
        let work = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("assay-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: work.appendingPathComponent(".tmp"), withIntermediateDirectories: true)
        return work
    }

    /// Removes the folder, unless `ASSAY_KEEP_WORK=1` asks to look into it.
    public static func removeWorkFolder(_ work: URL) {
        guard ProcessInfo.processInfo.environment["ASSAY_KEEP_WORK"] != "1" else { return }
        try? FileManager.default.removeItem(at: work)
    }

    /// The environment of every program that a test starts: nothing of the caller's but `PATH`, after the folders of
    /// the program under test and of the Python packages.
    public func environment(work: URL) -> [String: String] {
        let path: [String?] = [
            binary.deletingLastPathComponent().path, peers?.path,
            ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
        ]
        var variables = [
            "PATH": path.compactMap(\.self).joined(separator: ":"),
            "HOME": work.path, "TMPDIR": work.appendingPathComponent(".tmp").path, "WORK": work.path,
            "FIXTURES": fixtures.path, "LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "dumb",
            "SWIFT_BACKTRACE": "enable=no",
        ]
        if let vectors { variables["VECTORS"] = vectors.path }
        return variables
    }
}
