package import ArgumentParser
import JSON

/// The words that a command understands: its subcommands and its options, as the parser itself lists them.
package struct CommandWords: Sendable {
    struct Option: Sendable {
        /// With their hyphens; the first is the one to suggest.
        let names: [String]
        let takesValue: Bool
    }

    let name: String
    let options: [Option]
    let takesArguments: Bool
    let subcommands: [CommandWords]

    /// The words of a whole program. The parser writes a list of them for completions; it takes a few milliseconds, so it
    /// is made only once something has failed.
    package init?(of root: any ParsableCommand.Type) {
        guard let list = try? JSONValue(parsing: Array(root._dumpHelp().utf8)),
            let command = list["command"]
        else { return nil }
        self.init(command)
    }

    private init?(_ value: JSONValue) {
        guard let name = value["commandName"]?.stringValue else { return nil }
        self.name = name
        var options: [Option] = []
        var takesArguments = false
        for argument in value["arguments"]?.arrayValue ?? [] {
            guard argument["kind"]?.stringValue != "positional" else {
                takesArguments = true
                continue
            }
            let preferred = argument["preferredName"].flatMap(Self.spelling)
            let names = (argument["names"]?.arrayValue ?? []).compactMap(Self.spelling)
            options.append(
                Option(
                    names: [preferred].compactMap { $0 } + names.filter { $0 != preferred },
                    takesValue: argument["kind"]?.stringValue == "option"))
        }
        self.options = options
        self.takesArguments = takesArguments
        subcommands = (value["subcommands"]?.arrayValue ?? []).filter { $0["shouldDisplay"] != .bool(false) }
            .compactMap(Self.init)
    }

    private static func spelling(_ name: JSONValue) -> String? {
        guard let word = name["name"]?.stringValue else { return nil }
        return (name["kind"]?.stringValue == "long" ? "--" : "-") + word
    }

    func subcommand(_ name: String) -> CommandWords? { subcommands.first { $0.name == name } }

    func option(_ name: String) -> Option? { options.first { $0.names.contains(name) } }
}
