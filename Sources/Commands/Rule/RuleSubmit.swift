package import ArgumentParser
package import Diagnostics
import InputOutput
package import JSON
import ProvisioningCommands

/// `assay rule submit`
package struct RuleSubmit: NetworkVerb {
    package static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Create a provisioning rule at a service, once.",
        discussion: """
            The file is what rule compose prints. The store keeps a journal: a rule that is there already is not created \
            again, and where no answer came the list of rules is asked for, by the rule's name, which is unique in a team.

            EXAMPLES
              assay rule submit rule.json --service nrfcloud --api-key-file key.txt
            """)

    @Argument(help: .init("A file with one rule, or - for standard input.", valueName: "file"))
    var file: String

    @Flag(help: "Send the rule again although the service refused it in an earlier run.")
    package var retryFailed = false

    @OptionGroup package var sending: SendingOptions

    package init() {}

    package func validate() throws {
        try sending.service.demandOneReader("rule", [file])
    }

    /// The rule, of which name and commands were looked at.
    package func rule() throws(ToolError) -> (name: String, body: JSONValue) {
        let text = try ByteSource(path: file).readAll(limit: JSONLimits.standard.bytes)
        let json: JSONValue
        do {
            json = try JSONValue(parsing: text)
        } catch {
            throw error.toolError.at("file", file.escapedForTerminal)
        }
        guard let name = json["name"]?.stringValue, let commands = json["commands"], json["commands"] != nil
        else {
            throw ToolError(
                .json, "expected a rule with the members name and commands, found something else",
                context: [.init("file", file.escapedForTerminal)], hint: "assay rule compose makes one")
        }
        let report = BatchValidator(purpose: .rule).validate(commands)
        if let finding = report.findings.first(where: { $0.severity == .error }) {
            throw finding.toolError.at("file", file.escapedForTerminal)
        }
        return (name, json)
    }
}
