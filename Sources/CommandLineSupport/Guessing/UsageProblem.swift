package import Diagnostics

/// What is wrong with arguments that the parser refused, said by the first word that is not known: the parser names the
/// last one, or an option that is missing because another one was mistyped.
package struct UsageProblem {
    private let root: CommandWords
    private let arguments: [String]

    private init(_ arguments: [String], _ root: CommandWords) {
        self.root = root
        self.arguments = arguments
    }

    /// What is said of arguments that the parser refused with a message.
    ///
    /// - Parameter words: those of the whole program.
    package static func error(_ message: String, _ arguments: [String], of words: CommandWords?) -> ToolError
    {
        guard let words else { return ToolError(.usage, message) }
        let problem = UsageProblem(arguments, words)
        return problem.unknownWord ?? ToolError(.usage, message, hint: .text(problem.help))
    }

    /// The error of the first unknown word; nil where all words are known and something else is wrong.
    private var unknownWord: ToolError? {
        var command = root
        var path = [root.name]
        var rest = arguments[...]
        // What follows a verb are its options and arguments, in whatever order.
        while !command.subcommands.isEmpty, let word = rest.first, !word.hasPrefix("-") {
            if word == "help" { return nil }
            guard let next = command.subcommand(word) else {
                return unknown(command: word, before: Array(rest.dropFirst()), in: command, path)
            }
            command = next
            path.append(word)
            rest.removeFirst()
        }
        return unknownOption(rest, of: command, path)
    }

    /// Where the words that are known lead to, such as `assay token verify --help lists its options`.
    private var help: String {
        var command = root
        var path = [root.name]
        for word in arguments {
            guard let next = command.subcommand(word) else { break }
            command = next
            path.append(word)
        }
        return Self.help(command, path)
    }

    private static func help(_ command: CommandWords, _ path: [String]) -> String {
        let path = path.joined(separator: " ")
        return command.subcommands.isEmpty
            ? "\(path) --help lists its options" : "\(path) --help lists the commands"
    }

    // MARK: Nouns and verbs

    private func unknown(
        command word: String, before rest: [String], in command: CommandWords, _ path: [String]
    ) -> ToolError {
        let place = path.joined(separator: " ")
        let hint: Hint
        if let suggestion = suggestion(for: word, before: rest, in: command, path) {
            hint = "did you mean \(suggestion)? \(Self.help(command, path))"
        } else {
            let names = command.subcommands.map(\.name).joined(separator: ", ")
            hint = "\(place) has: \(names)"
        }
        return ToolError(
            .usage, "expected a command of \(place), found '\(word.escapedForTerminal)'", hint: hint)
    }

    /// A whole command, such as `assay ca issue`.
    private func suggestion(
        for word: String, before rest: [String], in command: CommandWords, _ path: [String]
    ) -> String? {
        let place = path.joined(separator: " ")
        let names = command.subcommands.map(\.name)
        let known = word.lowercased()
        if command.name == root.name {
            if let noun = rest.first.flatMap(root.subcommand) {
                // The verb first, as some programs have it: `verify token`.
                for verb in [known] + (NeighbourWords.verbs[known] ?? []) where noun.subcommand(verb) != nil {
                    return "\(root.name) \(noun.name) \(verb)"
                }
                // A word of others before the noun: `crypto jwt sign`.
                if rest.count > 1, noun.subcommand(rest[1]) != nil {
                    return "\(root.name) \(noun.name) \(rest[1])"
                }
            }
            let next = rest.first
            if let words = NeighbourWords.nouns[known] { return resolved(words, next) }
            if let name = Resemblance.nearest(known, among: names) {
                return whole(root.subcommand(name), next, [root.name])
            }
            let owners = root.subcommands.filter { $0.subcommand(known) != nil }
            if !owners.isEmpty {
                return owners.map { "\(root.name) \($0.name) \(known)" }.joined(separator: " or ")
            }
            return Resemblance.nearest(known, among: Array(NeighbourWords.nouns.keys))
                .flatMap { NeighbourWords.nouns[$0] }.flatMap { resolved($0, next) }
        }
        if let words = NeighbourWords.elsewhere[command.name]?[known] { return resolved(words, nil) }
        if let verb = NeighbourWords.verbs[known]?.first(where: names.contains) { return "\(place) \(verb)" }
        if let name = Resemblance.nearest(known, among: names) { return "\(place) \(name)" }
        return nil
    }

    /// A noun with the verb that follows it, where that can be understood.
    private func whole(_ command: CommandWords?, _ next: String?, _ path: [String]) -> String? {
        guard let command else { return nil }
        let path = path + [command.name]
        guard let next, !next.hasPrefix("-"), !command.subcommands.isEmpty else {
            return path.joined(separator: " ")
        }
        if command.subcommand(next) != nil { return (path + [next]).joined(separator: " ") }
        return suggestion(for: next, before: [], in: command, path) ?? path.joined(separator: " ")
    }

    /// The words of a table, if this program has them.
    private func resolved(_ words: String, _ next: String?) -> String? {
        let words = words.split(separator: " ").map(String.init)
        // Another program of this project.
        if words.count == 2, words[0] == "assayd" { return words.joined(separator: " ") }
        guard let noun = words.first.flatMap(root.subcommand) else { return nil }
        guard words.count == 2 else { return whole(noun, next, [root.name]) }
        return noun.subcommand(words[1]) == nil ? nil : "\(root.name) \(words.joined(separator: " "))"
    }

    // MARK: Options

    private func unknownOption(
        _ arguments: ArraySlice<String>, of command: CommandWords, _ path: [String]
    ) -> ToolError? {
        var rest = arguments
        while let argument = rest.popFirst(), argument != "--" {
            guard argument.hasPrefix("-"), argument != "-" else { continue }
            let name = argument.firstIndex(of: "=").map { String(argument[..<$0]) } ?? argument
            if let option = command.option(name) {
                if option.takesValue, name == argument { _ = rest.popFirst() }
                continue
            }
            if Self.common.contains(name) { continue }
            return ToolError(
                .usage, "unknown option '\(name.escapedForTerminal)'",
                hint: .text(Self.sentences(advice(name, command, path), Self.help(command, path))))
        }
        return nil
    }

    private static func sentences(_ advice: String, _ help: String) -> String {
        advice + (advice.hasSuffix("?") ? " " : "; ") + help
    }

    /// What the parser knows at every command.
    private static let common: Set<String> = [
        "-h", "--help", "-help", "--version", "--generate-completion-script", "--experimental-dump-help",
        "--help-hidden", "-help-hidden",
    ]

    private func advice(_ name: String, _ command: CommandWords, _ path: [String]) -> String {
        let word = String(name.drop { $0 == "-" })
        let names = command.options.flatMap(\.names)
        let known = names + ["--help", "--version"].filter { !names.contains($0) }
        // One hyphen before a long name, as openssl has it.
        if known.contains("--" + word) { return "did you mean --\(word)?" }
        let neighbour = NeighbourWords.options[word] ?? NeighbourWords.options[word.lowercased()]
        if let option = neighbour?.names.first(where: known.contains) { return "did you mean \(option)?" }
        if let advice = neighbour?.advice, command.subcommands.isEmpty { return advice }
        let longNames = known.filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) }
        if word.count > 1, let near = Resemblance.nearest(word, among: longNames) {
            return "did you mean --\(near)?"
        }
        if let owner = owner(of: name, path) { return "\(owner) has it" }
        return "it is none of \(path.joined(separator: " "))"
    }

    /// Another verb, first of the same noun, that has this very option.
    private func owner(of name: String, _ path: [String]) -> String? {
        let near = root.subcommands.filter { path.count > 1 && $0.name == path[1] }
        for noun in near + root.subcommands {
            for verb in noun.subcommands where verb.option(name) != nil {
                return "\(root.name) \(noun.name) \(verb.name)"
            }
        }
        return nil
    }
}
