import ArgumentParser
import Diagnostics
import InputOutput
import JSON
import ProvisioningAPI
import Service

/// `assayd key`
struct KeyGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "API keys of operators.",
        subcommands: [KeyCreate.self, KeyList.self, KeyRevoke.self])
}

/// The roles of the vendor's documents, as an option spells them.
extension Role: ExpressibleByArgument {}

/// `assayd key create`
struct KeyCreate: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make an API key.",
        discussion: """
            The secret goes to standard output, this once: only a hash of it is kept. Its id, by which it is listed and \
            revoked, goes to standard error. Works beside a running service.

            EXAMPLES
              assayd key create --data bench --role owner >api.key
              assayd key create --data bench --role viewer --team line-2 --name dashboard --json
            """)

    @OptionGroup var folder: DataOptions

    @Option(help: "What the key may do.")
    var role: Role

    @Option(help: .init("The team it belongs to; made if there is none of that name.", valueName: "name"))
    var team = "default"

    @Option(help: .init("What the key is for, for the list; its role otherwise.", valueName: "text"))
    var name: String?

    @Flag(help: "Print a JSON object instead of the secret alone.")
    var json = false

    func run() async throws -> ExitStatus {
        let service = try ProvisioningService(configuration: try folder.configuration())
        defer { service.shutdown() }
        let name = name ?? role.rawValue
        let (id, secret) = try service.createKey(role: role, team: team, name: name)
        if json {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("schema", "assayd.key/1")
            writer.member("id", id)
            writer.member("team", team)
            writer.member("role", role.rawValue)
            writer.member("name", name)
            writer.member("secret", secret)
            writer.endObject()
            writer.newline()
            try StandardStream.output().write(writer.bytes)
        } else {
            try StandardStream.error().write(
                Array("assayd: note: key \(id) of team \(team.escapedForTerminal)\n".utf8))
            try StandardStream.output().write(Array("\(secret)\n".utf8))
        }
        return .done
    }
}

/// `assayd key list`
struct KeyList: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the API keys, revoked ones too.",
        discussion: """
            EXAMPLES
              assayd key list --data bench
            """)

    @OptionGroup var folder: DataOptions

    @Flag(help: "Print one JSON object per line instead of text.")
    var json = false

    func run() async throws -> ExitStatus {
        let service = try ProvisioningService(configuration: try folder.configuration())
        defer { service.shutdown() }
        for key in try service.listKeys() {
            try StandardStream.output().write(json ? KeyReport.json(key) : KeyReport.text(key))
        }
        return .done
    }
}

/// `assayd key revoke`
struct KeyRevoke: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke an API key.",
        discussion: """
            A service that runs refuses the key from then on.

            EXAMPLES
              assayd key revoke --data bench k-2f1c
            """)

    @OptionGroup var folder: DataOptions

    @Argument(help: .init("The id of the key, as key list prints it.", valueName: "id"))
    var id: String

    func run() async throws -> ExitStatus {
        let service = try ProvisioningService(configuration: try folder.configuration())
        defer { service.shutdown() }
        if try service.revokeKey(id) { return .done }
        try StandardStream.error().write(
            Array("assayd: note: no key in force has the id \(id.escapedForTerminal)\n".utf8))
        return .rejected
    }
}
