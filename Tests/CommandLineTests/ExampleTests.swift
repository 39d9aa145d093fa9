import ArgumentParser
import CommandLineSupport
import Commands
import JSON
import TestSupport
import Testing

/// Every verb shows how it is called, and what it shows is accepted by its parser.
@Suite struct ExampleTests {
    @Test func everyVerbHasExamples() throws {
        let verbs = try Self.verbs()
        #expect(verbs.count > 60)
        let silent = verbs.filter { $0.examples.isEmpty }.map(\.path)
        #expect(silent == [])
    }

    @Test func examplesAreOfTheirVerb() throws {
        for verb in try Self.verbs() {
            #expect(
                verb.examples.contains { $0.contains("assay " + verb.path.joined(separator: " ")) },
                "\(verb.path): \(verb.examples)")
        }
    }

    @Test func examplesAreAccepted() throws {
        for verb in try Self.verbs() {
            for example in verb.examples {
                for command in example.split(separator: "|").map({ Self.words(String($0)) }) {
                    #expect(command.first == "assay", "\(example)")
                    #expect(throws: Never.self, "\(example)") {
                        try AssayRoot.parseAsRoot(Array(command.dropFirst()))
                    }
                }
            }
        }
    }

    private struct Verb {
        let path: [String]
        /// Command lines, those that go on joined.
        let examples: [String]
    }

    private static func verbs() throws -> [Verb] {
        let text = AssayRoot._dumpHelp()
        let dump = try JSONValue(parsing: Array(text.utf8)[...])
        let root = try #require(dump["command"])
        return verbs(below: root, [])
    }

    private static func verbs(below command: JSONValue, _ path: [String]) -> [Verb] {
        let subcommands = (command["subcommands"]?.arrayValue ?? []).filter {
            $0["commandName"]?.stringValue != "help"
        }
        guard subcommands.isEmpty else {
            return subcommands.flatMap { verbs(below: $0, path + [$0["commandName"]?.stringValue ?? ""]) }
        }
        return [Verb(path: path, examples: examples(in: command["discussion"]?.stringValue ?? ""))]
    }

    private static func examples(in discussion: String) -> [String] {
        let lines = discussion.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(of: "EXAMPLES") else { return [] }
        return lines[(start + 1)...].filter { $0.hasPrefix("  ") }.map {
            String($0.drop(while: { $0 == " " }))
        }
    }

    /// The words of a command line as a shell splits them: blanks, apostrophes around a word.
    static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        for character in line {
            switch character {
            case "'":
                isQuoted.toggle()
                word = word ?? ""
            case " " where !isQuoted:
                if let found = word { words.append(found) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return words
    }
}
