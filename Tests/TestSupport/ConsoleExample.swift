import Foundation

/// The ```` ```console ```` blocks of a Markdown page: commands after `$ ` and what they print.
public struct ConsolePage: Sendable {
    public struct Step: Equatable, Sendable {
        /// The 1-based line of the command.
        public let line: Int
        public let command: String
        public let output: [String]
    }

    private enum Piece: Sendable { case prose(String), step(Step) }
    private var pieces: [Piece] = []

    public var steps: [Step] {
        pieces.compactMap { if case .step(let step) = $0 { step } else { nil } }
    }

    public init(markdown: String) {
        var lines = markdown.split(separator: "\n", omittingEmptySubsequences: false)[...]
        var number = 0
        var isConsole = false
        while let line = lines.popFirst() {
            number += 1
            if line.hasPrefix("```") { isConsole = line == "```console" }
            guard isConsole, line.hasPrefix("$ ") else {
                pieces.append(.prose(String(line)))
                continue
            }
            let start = number
            var command = String(line.dropFirst(2))
            while command.hasSuffix("\\"), let next = lines.popFirst() {
                number += 1
                command += "\n" + next
            }
            var output: [String] = []
            while let next = lines.first, !next.hasPrefix("$ "), !next.hasPrefix("```") {
                output.append(String(next))
                lines.removeFirst()
                number += 1
            }
            pieces.append(.step(Step(line: start, command: command, output: output)))
        }
    }

    /// The page with new outputs, one for each step.
    public func markdown(outputs: [[String]]) -> String {
        var outputs = outputs[...]
        let lines: [String] = pieces.flatMap { piece -> [String] in
            switch piece {
            case .prose(let line): return [line]
            case .step(let step): return ["$ " + step.command] + (outputs.popFirst() ?? step.output)
            }
        }
        return lines.joined(separator: "\n")
    }

    /// True if the lines are those expected, where a line `...` stands for any number of lines and ` ...`,
    /// `...` inside a line for any characters.
    public static func matches(_ found: [String], expected: [String]) -> Bool {
        guard let first = expected.first else { return found.isEmpty }
        let rest = Array(expected.dropFirst())
        if first == "..." {
            return (0...found.count).contains { matches(Array(found.dropFirst($0)), expected: rest) }
        }
        guard let line = found.first, lineMatches(line, first) else { return false }
        return matches(Array(found.dropFirst()), expected: rest)
    }

    private static func lineMatches(_ line: String, _ expected: String) -> Bool {
        let parts = expected.components(separatedBy: "...")
        guard parts.count > 1 else { return line == expected }
        guard line.hasPrefix(parts[0]) else { return false }
        var rest = line.dropFirst(parts[0].count)
        for part in parts.dropFirst().dropLast() {
            guard let range = rest.range(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return rest.hasSuffix(parts[parts.count - 1])
    }

    /// Runs the commands in order in one folder, with `fixtures/` in it; returns what each printed, both
    /// streams together.
    ///
    /// `$?` in a command is the status of the one before.
    public func run(with runner: ScriptRunner = ScriptRunner()) throws -> [(
        outcome: ProcessOutcome, lines: [String]
    )] {
        let work = try ScriptRunner.makeWorkFolder()
        defer { ScriptRunner.removeWorkFolder(work) }
        try FileManager.default.createSymbolicLink(
            at: work.appendingPathComponent("fixtures"), withDestinationURL: runner.fixtures)
        var status: Int32 = 0
        return try steps.map { step in
            let outcome = try ChildProcess(
                ["sh", "-c", "exec 2>&1\n(exit \(status))\n\(step.command)"], in: work,
                environment: runner.environment(work: work), limit: runner.limit
            ).run()
            status = outcome.status
            var lines = String(decoding: outcome.standardOutput, as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            if lines.last == "" { lines.removeLast() }
            return (outcome, lines)
        }
    }
}
