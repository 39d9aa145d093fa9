public import ArgumentParser
import CommandLineSupport
package import Diagnostics
import InputOutput
import OpenSSL

/// A verb of `assay`: it parses, calls the modules below, renders, and answers with an exit status.
package protocol AssayCommand: ParsableCommand {
    func run(in environment: Environment) throws -> ExitStatus
}

/// `assay`: the root of all commands.
public struct AssayRoot: ParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "assay",
        abstract: "Verify device identities, issue certificates and compose provisioning commands.",
        discussion: """
            assay works on what cellular IoT devices (Nordic nRF91 Series) give out at the factory: attestation \
            tokens, key-generation outputs and CSRs. inspect decodes and never verifies; verify always verifies.

            Results go to standard output, everything else to standard error. --json prints one object a line.
            """,
        version: Version.current,
        subcommands: [
            TokenGroup.self, DeviceGroup.self, ModemGroup.self, StoreGroup.self, JWTGroup.self, KeyGroup.self,
            CSRGroup.self,
            CertificateGroup.self,
            CAGroup.self, LedgerGroup.self, CommandsGroup.self, RuleGroup.self, ClaimGroup.self,
            OnboardGroup.self, FleetGroup.self, AccountGroup.self, AccessGroup.self,
            Explain.self, VersionCommand.self,
        ])

    public init() {}
}

/// Runs the program; the only place that ends the process.
public enum Program {
    /// Runs `assay`, which itself talks to nobody.
    public static func main() -> Never { main(network: HelperProgram()) }

    /// - Parameter network: what runs the verbs that talk to a service.
    package static func main(network: any NetworkRunner) -> Never {
        CoreDumps.disable()
        Interruption.install()
        // For whoever wants to compare the calculation in blocks with libcrypto's own function.
        if System.environment("ASSAY_VERIFY") == "single" { P256Verifier.verifySingly() }
        let arguments = Array(CommandLine.arguments.dropFirst())
        let console = Console(json: arguments.contains("--json"), quiet: false)
        let status = run(arguments, console, network)
        // As a process ends that SIGPIPE ends: what shells know as "somebody has read enough".
        System.exit(StandardStream.readerHasLeft ? 128 + 13 : status.rawValue)
    }

    private static func run(
        _ arguments: [String], _ console: Console, _ network: any NetworkRunner
    ) -> ExitStatus {
        do {
            if let position = System.foreignArgument {
                throw ToolError(
                    .usage, "expected arguments in UTF-8, found other octets in argument \(position)",
                    hint: "rename the file, or give it as standard input")
            }
            var command = try parse(arguments)
            guard let verb = command as? any AssayCommand else {
                // A noun without a verb is a mistake of the caller's; help that was asked for is a result.
                if !type(of: command).configuration.subcommands.isEmpty {
                    console.note(AssayRoot.helpMessage(for: type(of: command)))
                    return .usage
                }
                try command.run()
                return .done
            }
            let status = try verb.run(in: Environment(network: network))
            return Interruption.requested ? .interrupted : status
        } catch let error as ToolError {
            let isNews = !StandardStream.readerHasLeft && error.message != Interruption.error.message
            if isNews { console.fatal(error) }
            return Interruption.requested ? .interrupted : error.exitStatus
        } catch {
            return report(error, arguments, console)
        }
    }

    /// The command that the arguments name.
    ///
    /// The parser gets the options of the verb alone: for the whole tree it takes a quarter longer, which a script that
    /// calls once a device pays each time. What it does not accept so is given to it whole, for help and errors.
    private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
        var path: any ParsableCommand.Type = AssayRoot.self
        var rest = arguments[...]
        while let name = rest.first,
            let next = path.configuration.subcommands.first(where: { $0.configuration.commandName == name })
        {
            path = next
            rest.removeFirst()
        }
        if path is any AssayCommand.Type, let command = try? path.parse(Array(rest)) {
            try RepeatedOption.refuse(in: Array(rest), of: path)
            return command
        }
        return try AssayRoot.parseAsRoot(arguments)
    }

    /// A message of the parser, which lists the values of an option one below the other.
    private static func onOneLine(_ message: String) -> String {
        let lines = message.split(separator: "\n")
        guard lines.count > 1, lines.dropFirst().allSatisfy({ $0.hasPrefix("  - ") }) else { return message }
        return lines[0] + " " + lines.dropFirst().map { $0.dropFirst(4) }.joined(separator: ", ")
    }

    /// Help, version and completions are results; everything else from the parser is wrong usage.
    private static func report(_ error: any Error, _ arguments: [String], _ console: Console) -> ExitStatus {
        if AssayRoot.exitCode(for: error) == .success {
            let text = HelpPage(AssayRoot.fullMessage(for: error)).brief
            do {
                try StandardStream.output().write(Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
                return .done
            } catch {
                console.error(error)
                return error.exitStatus
            }
        }
        console.error(
            UsageProblem.error(
                onOneLine(AssayRoot.message(for: error)), arguments, of: CommandWords(of: AssayRoot.self)))
        return .usage
    }
}
