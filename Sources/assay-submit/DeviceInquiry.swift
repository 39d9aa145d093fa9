import Diagnostics
import InputOutput
import JSON
import ProvisioningAPI
import Submission

/// Questions about one device. What is no answer to them ends the verb: nothing is told that was not said.
struct DeviceInquiry {
    let talk: Conversation

    /// The device as the service shows it; `nil` where the team has none of this id.
    func device(_ uuid: String) throws(ToolError) -> JSONValue? {
        guard let (method, url) = talk.address.request(.getDevice, [uuid]),
            let answer = try talk.ask(ServiceCall(method: method, url: url))
        else { throw over }
        if answer.status == 404 { return nil }
        guard answer.status == 200, let json = AnswerText.json(answer), json.objectValue != nil else {
            throw Self.error(answer)
        }
        return json
    }

    /// The commands of a device.
    func commands(of uuid: String) throws(ToolError) -> [CommandView] {
        switch try CommandList(talk).read(of: uuid) {
        case .commands(let items): return items.compactMap(CommandView.init)
        case .untold(let error): throw error
        case .refused(let answer): throw Self.error(answer)
        case .stopped: throw over
        }
    }

    private var over: ToolError { talk.control.error ?? Interruption.error }

    private static func error(_ answer: ServiceAnswer) -> ToolError {
        AnswerText.fatal(answer, doing: "look at devices")
            ?? ToolError(
                400...499 ~= answer.status ? .serviceRefused : .serviceContract,
                "expected a device, found HTTP \(answer.status): \(AnswerText.message(answer))",
                hint: "check the address of the service")
    }
}
