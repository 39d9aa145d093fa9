import Diagnostics
import JSON
import ProvisioningAPI
import Submission

/// The team and the role of an API key.
struct Account {
    let team: String
    let name: String?
    let role: String?

    /// - Throws: ``ToolError`` with `service-refused` or `service-contract`.
    init(_ answer: ServiceAnswer, at address: ServiceAddress) throws(ToolError) {
        let place = ToolError.Context("service", address.core.escapedForTerminal)
        if var error = AnswerText.fatal(answer, doing: "look at the account") {
            error.context.append(place)
            throw error
        }
        let account = AnswerText.json(answer).map(AnswerText.shown)
        let team = account?["team"]
        guard answer.status == 200, let id = team?["tenantId"]?.stringValue, !id.isEmpty else {
            throw ToolError(
                .serviceContract,
                "expected an account with a team, found HTTP \(answer.status): \(AnswerText.message(answer))",
                context: [place], hint: "check the address of the service")
        }
        self.team = id
        name = team?["name"]?.stringValue
        role = account?["role"]?.stringValue
    }
}
