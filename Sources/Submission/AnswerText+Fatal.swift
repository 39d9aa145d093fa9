package import Diagnostics

extension AnswerText {
    /// The error that ends a run: no other request will be answered otherwise. `nil` for any other answer.
    package static func fatal(_ answer: ServiceAnswer, doing purpose: String) -> ToolError? {
        let text = message(answer)
        switch answer.status {
        case 401:
            return ToolError(
                .serviceRefused, "the service does not know the API key: \(text)",
                hint: "take the key of this service and team; assay account show says whose a key is")
        case 403:
            return ToolError(
                .serviceRefused, "the API key may not \(purpose): \(text)",
                hint:
                    "ask the owner of the team for a key with a higher role; assay account show says which it has"
            )
        case 300...399:
            return ToolError(
                .serviceContract,
                "expected an answer, found HTTP \(answer.status): the service sends its callers elsewhere",
                hint: "give the address where the service is; the API key is not sent to another one")
        case 404, 405, 407, 501:
            return ToolError(
                .serviceContract, "expected to \(purpose) there, found HTTP \(answer.status): \(text)",
                hint: "check the address of the service")
        default: return nil
        }
    }
}
