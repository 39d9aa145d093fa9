import ArgumentParser
import CommandLineSupport
import Diagnostics
import InputOutput

/// A verb of `assayd`: it parses, calls the modules below, and answers with an exit status.
protocol ServiceCommand: ParsableCommand {
    func run() async throws -> ExitStatus
}

/// `assayd`: the root of all commands.
struct AssaydRoot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assayd",
        abstract: "The self-hosted Provisioning Service.",
        discussion: """
            assayd is a Provisioning Service for a fleet of one's own: operators claim devices and queue commands by \
            REST, devices fetch and report as they do with the vendor's cloud.

            Everything is kept in one folder. Results go to standard output, the log to standard error, one JSON \
            object a line.
            """,
        version: Version.current,
        subcommands: [Serve.self, KeyGroup.self, Simulate.self])
}

/// Runs the program; the only place that ends the process.
@main
struct Assayd {
    static func main() async {
        CoreDumps.disable()
        Interruption.install()
        let arguments = Array(CommandLine.arguments.dropFirst())
        let status = await run(arguments, ErrorReport(program: "assayd", json: arguments.contains("--json")))
        System.exit(StandardStream.readerHasLeft ? 128 + 13 : status.rawValue)
    }

    private static func run(_ arguments: [String], _ report: ErrorReport) async -> ExitStatus {
        do {
            if let position = System.foreignArgument {
                throw ToolError(
                    .usage, "expected arguments in UTF-8, found other octets in argument \(position)")
            }
            var command = try AssaydRoot.parseAsRoot(arguments)
            guard let verb = command as? any ServiceCommand else {
                // A noun without a verb is a mistake of the caller's; help that was asked for is a result.
                if !type(of: command).configuration.subcommands.isEmpty {
                    put(Array((AssaydRoot.helpMessage(for: type(of: command)) + "\n").utf8))
                    return .usage
                }
                try command.run()
                return .done
            }
            try RepeatedOption.refuse(in: arguments, of: type(of: verb))
            return try await verb.run()
        } catch let error as ToolError {
            if !StandardStream.readerHasLeft { put(report.bytes(of: error)) }
            return error.exitStatus
        } catch {
            return end(error, arguments, report)
        }
    }

    /// Help, version and completions are results; everything else from the parser is wrong usage.
    private static func end(_ error: any Error, _ arguments: [String], _ report: ErrorReport) -> ExitStatus {
        if AssaydRoot.exitCode(for: error) == .success {
            let text = AssaydRoot.fullMessage(for: error)
            do {
                try StandardStream.output().write(Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
                return .done
            } catch {
                put(report.bytes(of: error))
                return error.exitStatus
            }
        }
        put(
            report.bytes(
                of: UsageProblem.error(
                    AssaydRoot.message(for: error), arguments, of: CommandWords(of: AssaydRoot.self))))
        return .usage
    }

    private static func put(_ bytes: [UInt8]) { try? StandardStream.error().write(bytes) }
}
