import DeviceIdentity
import Diagnostics
import ProvisioningCommands

/// What `--describe` asked for.
struct CommandDescriptions: Sendable {
    private enum Target: Sendable {
        /// The place in the batch, from 1.
        case place(Int)
        case kind(CommandRequest.Kind)
    }

    private struct Rule: Sendable {
        let target: Target
        let text: String?
        let option: String
    }

    private let rules: [Rule]

    /// Reads `STEP=TEXT` and `N=TEXT`; throws `usage` for anything else.
    init(_ options: [String]) throws(ToolError) {
        var rules: [Rule] = []
        for option in options {
            guard let equals = option.utf8.firstIndex(of: UInt8(ascii: "=")) else {
                throw ToolError(
                    .usage,
                    "expected --describe STEP=TEXT, found no equals sign in '\(option.escapedForTerminal)'")
            }
            let name = String(option[..<equals])
            let text = String(option[option.utf8.index(after: equals)...])
            rules.append(
                Rule(target: try Self.target(name), text: text.isEmpty ? nil : text, option: name))
        }
        self.rules = rules
    }

    private static func target(_ name: String) throws(ToolError) -> Target {
        if let place = Int(name), place > 0, !name.hasPrefix("+") { return .place(place) }
        if let kind = CommandRequest.Kind.allCases.first(where: { $0.stepName == name }) {
            return .kind(kind)
        }
        let names = CommandRequest.Kind.allCases.map(\.stepName).joined(separator: ", ")
        throw ToolError(
            .usage, "expected --describe with a place or a step's name, found '\(name.escapedForTerminal)'",
            hint: "the names are \(names)")
    }

    /// The commands with their descriptions; a place is more telling than a name. Throws `usage` for a place or
    /// name that the batch does not have.
    func apply(to commands: [ProvisioningCommand]) throws(ToolError) -> [ProvisioningCommand] {
        var commands = commands
        for rule in rules {
            guard case .kind(let kind) = rule.target else { continue }
            let places = commands.indices.filter { commands[$0].request.kind == kind }
            guard !places.isEmpty else {
                throw ToolError(.usage, "expected a step \(rule.option) to describe, found none")
            }
            for place in places { commands[place].description = rule.text }
        }
        for rule in rules {
            guard case .place(let place) = rule.target else { continue }
            guard commands.indices.contains(place - 1) else {
                throw ToolError(
                    .usage, "expected --describe with a place from 1 to \(commands.count), found \(place)")
            }
            commands[place - 1].description = rule.text
        }
        return commands
    }
}

extension CommandRequest.Kind {
    /// The name of the step that makes it.
    var stepName: String {
        switch self {
        case .clientPrivateKeyGeneration: "keygen"
        case .cloudAccessKeyGeneration: "cloud-access-key"
        case .certificateSigningRequest: "csr"
        case .clientCertificate: "client-certificate"
        case .serverCertificate: "server-certificate"
        case .clientPrivateKey: "client-key"
        case .preSharedKey: "psk"
        case .config: "config"
        case .finished: "finished"
        }
    }
}

extension CommandDescriptions {
    /// Throws `usage` if a description fits none of a manifest's batches: all of them have the same commands.
    ///
    /// - Parameter following: what follows the client certificate of each record.
    func demandPlace(following: [ProvisioningCommand]) throws(ToolError) {
        var commands = [ProvisioningCommand(.clientCertificate(.nrfCloud, content: ""))] + following
        if !following.contains(where: { $0.request == .finished }) {
            commands.append(ProvisioningCommand(.finished))
        }
        _ = try apply(to: commands)
    }
}
