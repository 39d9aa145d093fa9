import Foundation

/// One script on its way: the folder, the variables and what the last program left behind.
struct ScriptRun {
    let runner: ScriptRunner
    let work: URL
    var archive: TextArchive
    var folder: URL
    var variables: [String: String]
    var input = Data()
    var last: ProcessOutcome?
    /// The line of a `? exec` whose status nothing has checked yet.
    var unchecked: Int?
    var ending: ScriptOutcome?
    var isStopped = false
    /// What lines asked for and was not there.
    var missing: Set<String> = []

    init(runner: ScriptRunner, work: URL, archive: TextArchive) {
        self.runner = runner
        self.work = work
        self.archive = archive
        folder = work
        variables = runner.environment(work: work)
    }

    mutating func perform(name: String) -> ScriptOutcome {
        let lines = archive.comment.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, text) in lines.enumerated() {
            do {
                guard let line = try ScriptLine(text, number: index + 1, variables: variables),
                    try holds(line.conditions)
                else { continue }
                // Nothing has run yet and something is missing: the whole script is left out.
                if line.words[0] == "stop", last == nil, let reason = missing.first {
                    return .skipped(reason)
                }
                try execute(line)
                if let ending { return ending }
                if isStopped { break }
            } catch {
                let message = (error as? ScriptLine.Fault)?.message ?? "\(error)"
                return failure(name, index + 1, String(text), message)
            }
        }
        if let unchecked {
            return failure(name, unchecked, "? exec", "nothing checks this status; add \"exit N\"")
        }
        guard last != nil else {
            return failure(name, 1, "", "the script ran no program, so it cannot fail")
        }
        return missing.isEmpty ? .passed : .passedInPart(missing.sorted())
    }

    private func failure(_ name: String, _ line: Int, _ command: String, _ message: String) -> ScriptOutcome {
        .failed(
            ScriptFailure(
                file: name, line: line, command: command.trimmingCharacters(in: .whitespaces),
                message: message,
                standardOutput: last.map { String(decoding: $0.standardOutput, as: UTF8.self) } ?? "",
                standardError: last.map { String(decoding: $0.standardError, as: UTF8.self) } ?? ""))
    }

    private mutating func holds(_ conditions: [String]) throws -> Bool {
        for condition in conditions {
            let negated = condition.hasPrefix("!")
            let lack = try lack(negated ? String(condition.dropFirst()) : condition)
            if let lack { missing.insert(lack) }
            if (lack == nil) == negated { return false }
        }
        return true
    }

    /// Why a condition does not hold, nil if it does.
    private func lack(_ condition: String) throws -> String? {
        if condition.hasPrefix("exec:") {
            let program = String(condition.dropFirst("exec:".count))
            let isThere = ChildProcess.find(program, in: variables, from: folder) != nil
            return isThere ? nil : "\(program) is not installed"
        }
        switch condition {
        case "vectors": return runner.vectors != nil ? nil : TestPaths.noVectors
        case "peers": return runner.peers != nil ? nil : Peers.reason
        case "root": return getuid() == 0 ? nil : "needs root"
        default: throw ScriptLine.Fault(message: "unknown condition [\(condition)]")
        }
    }

    private mutating func execute(_ line: ScriptLine) throws {
        let arguments = Array(line.words.dropFirst())
        switch line.words[0] {
        case "exec": try exec(arguments, line)
        case "exit": try checkExit(arguments)
        case "stdin": input = try data(of: single(arguments))
        case "stdout", "stderr": try match(in: line.words[0], arguments, line.demand)
        case "grep": try grep(arguments, line.demand)
        case "cmp", "cmpenv": try compare(arguments, line, expanding: line.words[0] == "cmpenv")
        case "json": try json(arguments, line.demand)
        case "lines": try countLines(arguments)
        case "exists": try exists(arguments, line.demand)
        case "mode": try checkMode(arguments)
        case "env": try setVariables(arguments)
        case "cp", "mkdir", "rm", "cd", "chmod": try changeFiles(line.words[0], arguments)
        case "skip": ending = .skipped(arguments.joined(separator: " "))
        case "stop": isStopped = true
        default: throw ScriptLine.Fault(message: "unknown command \"\(line.words[0])\"")
        }
        if line.demand != .success,
            !["exec", "stdout", "stderr", "grep", "json", "exists"].contains(line.words[0])
        {
            throw ScriptLine.Fault(message: "\"\(line.words[0])\" takes no ! or ?")
        }
    }

    private mutating func exec(_ arguments: [String], _ line: ScriptLine) throws {
        if let unchecked {
            throw ScriptLine.Fault(message: "nothing checks the status of line \(unchecked); add \"exit N\"")
        }
        var arguments = arguments
        if arguments.first == "assay" { arguments[0] = runner.binary.path }
        let outcome = try ChildProcess(
            arguments, in: folder, environment: variables, input: input, limit: runner.limit
        ).run()
        input = Data()
        last = outcome
        if outcome.timedOut {
            throw ScriptLine.Fault(message: "killed after \(runner.limit) seconds")
        }
        switch line.demand {
        case .success where outcome.status != 0:
            throw ScriptLine.Fault(message: "expected exit status 0, found \(describe(outcome))")
        case .failure where outcome.status == 0:
            throw ScriptLine.Fault(message: "expected a failure, found exit status 0")
        // A crash is not the refusal that `!` asks for; nor is 70, the program's own admission of a fault.
        case .failure where outcome.status == 70 || (outcome.status > 125 && outcome.status != 130),
            .failure where outcome.endedBySignal:
            throw ScriptLine.Fault(message: "expected a refusal, found \(describe(outcome))")
        case .either: unchecked = line.number
        default: break
        }
    }

    private func describe(_ outcome: ProcessOutcome) -> String {
        outcome.endedBySignal ? "signal \(outcome.status - 128)" : "exit status \(outcome.status)"
    }

    private mutating func checkExit(_ arguments: [String]) throws {
        let word = try single(arguments)
        guard let expected = Int32(word) else { throw ScriptLine.Fault(message: "exit takes a number") }
        let found = try ran()
        guard found.status == expected, !found.endedBySignal else {
            throw ScriptLine.Fault(message: "expected exit status \(expected), found \(describe(found))")
        }
        unchecked = nil
    }

    func ran() throws -> ProcessOutcome {
        guard let last else { throw ScriptLine.Fault(message: "no program has run yet") }
        return last
    }

    func single(_ arguments: [String]) throws -> String {
        guard arguments.count == 1 else {
            throw ScriptLine.Fault(message: "expected 1 argument, found \(arguments.count)")
        }
        return arguments[0]
    }
}
