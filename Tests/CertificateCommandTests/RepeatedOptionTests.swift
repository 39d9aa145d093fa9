import ArgumentParser
import CommandLineSupport
import Diagnostics
import Foundation
import Testing

@testable import Commands

@Suite struct RepeatedOptionTests {
    private struct Verb: ParsableCommand {
        @Option var key: String?
        @Option var passphraseFile: String?
        @Option var tag: [String] = []
        @Flag var quiet = false
        @Argument var files: [String] = []
    }

    @Test(arguments: [
        [], ["--key", "a"], ["--tag", "a", "--tag", "b"], ["--quiet", "--quiet"], ["--key", "--key"],
        ["--tag", "--key", "--key", "a"], ["--key", "a", "--", "--key", "b"], ["--other", "--other"],
    ])
    func onceIsFine(arguments: [String]) throws { try RepeatedOption.refuse(in: arguments, of: Verb.self) }

    @Test(arguments: [
        ["--key", "a", "--key", "b"], ["--key=a", "--key", "b"], ["--key", "a", "x", "--key=a"],
        ["--passphrase-file", "a", "--tag", "b", "--passphrase-file", "c"],
    ])
    func twiceIsNot(arguments: [String]) {
        #expect(throws: ToolError.self) { try RepeatedOption.refuse(in: arguments, of: Verb.self) }
    }

    /// The names that are made of properties are those that the parser knows, for every verb: a name that it has and we do
    /// not would be an option that may be given twice.
    @Test func namesAreTheParsersOwn() throws {
        var verbs = 0
        func visit(_ type: any ParsableCommand.Type) throws {
            for next in type.configuration.subcommands { try visit(next) }
            guard type is any AssayCommand.Type else { return }
            verbs += 1
            var declared = DeclaredOptions()
            declared.add(type.init())
            let dump = try #require(
                try JSONSerialization.jsonObject(with: Data(type._dumpHelp().utf8)) as? [String: Any])
            let command = try #require(dump["command"] as? [String: Any])
            for argument in command["arguments"] as? [[String: Any]] ?? [] {
                guard argument["kind"] as? String == "option" else { continue }
                let names = (argument["names"] as? [[String: Any]] ?? []).compactMap { name in
                    (name["kind"] as? String == "long" ? "--" : "-") + (name["name"] as? String ?? "")
                }
                let first = try #require(names.first)
                let long = names.first { $0.hasPrefix("--") } ?? RepeatedOption.longName(of: first)
                let takesMany = argument["isRepeating"] as? Bool ?? false
                #expect(declared.takesMany[long] == takesMany, "\(type) \(long)")
                for short in names where !short.hasPrefix("--") {
                    #expect(RepeatedOption.longName(of: short) == long, "\(type) \(short)")
                }
            }
        }
        try visit(AssayRoot.self)
        #expect(verbs > 30)
    }

    @Test func credentialsAreShortened() {
        let token = String(repeating: "A1b", count: 20) + "." + String(repeating: "C2d", count: 20)
        #expect("at \(token)!".withheld.hasPrefix("at A1bA1bA1…[121 characters, sha256:"))
        #expect("tokens.csv".withheld == "tokens.csv")
        #expect(!InputLocation(source: token, line: 1).source.contains("C2d"))
    }
}
