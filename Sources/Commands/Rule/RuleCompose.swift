import ArgumentParser
import Claims
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import ProvisioningCommands

/// `assay rule compose`
struct RuleCompose: AssayCommand {
    static let configuration = CommandConfiguration(
        commandName: "compose",
        abstract: "Make a provisioning rule from steps.",
        discussion: """
            Prints the body of the request that creates a rule (POST /provisioning-rules), indented on a terminal \
            and on one line otherwise. The steps are those of assay commands compose, without what is one device's \
            own: client-certificate, client-key, psk, and a common name among the attributes of csr. The commands \
            have no descriptions unless --describe gives some.

            A rule applies once to each device that has one of its tags. It begins as a draft, which can be changed \
            and does nothing; with --active it is in force at once and cannot be changed any more. The service \
            keeps at most 20 commands for a device. Server certificates are checked as by assay commands validate.

            EXAMPLES

              assay rule compose 'nRF Cloud Onboarding' --tag nrf-cloud-onboarding --active keygen \
            cloud-access-key server-certificate=nrf-cloud-coap
            """)

    @Argument(help: .init("The name of the rule, unique in the team.", valueName: "name"))
    var name: String

    @Argument(help: .init("NAME[@SECTAG][=VALUE], see assay commands compose.", valueName: "step"))
    var steps: [String]

    @Option(
        parsing: .unconditionalSingleValue,
        help: .init(
            "A tag (provisioning group) whose devices the rule is for; may be repeated.", valueName: "tag"))
    var tag: [String]

    @Option(help: .init("What the rule is for.", valueName: "text"))
    var description: String?

    @Flag(help: "Put the rule in force at once.")
    var active = false

    @OptionGroup var options: StepOptions
    @OptionGroup(title: "Output options") var output: OutputOptions
    @OptionGroup(title: "Output options") var file: FileOptions

    func run(in environment: Environment) throws -> ExitStatus {
        let console = output.console
        for tag in tag { try check(tag, console) }
        let composed = try StepParser(
            defaultTag: try options.tag(), keyUsage: try options.usage(),
            readFile: StepOptions.readFile
        ).parse(steps)
        let bare = composed.commands.map { ProvisioningCommand($0.request, description: nil) }
        let rule = try ProvisioningRule(
            name: name, description: description, isActive: active,
            commands: try CommandDescriptions(options.describe).apply(to: bare), tags: tag)
        for note in composed.notes { console.note("assay: note: \(note)") }
        try validate(rule, at: environment.now, console)
        try file.write(rule.json, isOnOneLine: output.json)
        return .done
    }

    /// One tag by the rules of claims, where tags stand in one field.
    private func check(_ tag: String, _ console: Console) throws(ToolError) {
        guard !tag.utf8.contains(UInt8(ascii: ",")) else {
            throw ToolError(
                .usage, "expected one tag, found a comma in '\(tag.escapedForTerminal)'",
                hint: "a comma separates tags when devices are claimed; give --tag for each of several")
        }
        do throws(ClaimFinding) {
            let tags = try ClaimTags(tag)
            for unusual in tags.unusual {
                console.note(
                    "assay: note: the tag '\(unusual.escapedForTerminal)' has characters beyond letters, digits and "
                        + "_.@:#=-, which the service may refuse")
            }
        } catch {
            throw ToolError(.usage, error.failure.message, hint: error.hint)
        }
    }

    /// Throws the first error that `commands validate` would report; says the rest.
    private func validate(_ rule: ProvisioningRule, at now: Int64, _ console: Console) throws(ToolError) {
        let report = BatchValidator(inspector: X509Inspector(), now: now, purpose: .rule)
            .validate(.array(rule.commands.map(\.json)))
        for finding in report.findings {
            if finding.severity == .error { throw finding.toolError }
            console.note("assay: \(finding.severity.rawValue): commands\(finding.path): \(finding.message)")
        }
        if !rule.commands.contains(where: { $0.request == .finished }) {
            console.note(
                "assay: note: commands: found no 'finished': devices end in AWAITING unless the service adds it, as "
                    + "it does when it onboards them itself")
        }
    }
}
