import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningAPI
import Submission

/// Looks after commands until they end.
struct CommandFollower {
    /// Between two looks at a device, in microseconds.
    static let pause: Int64 = 2_000_000

    let talk: Conversation

    /// What the service shows of a device's commands; `nil` when the run is over.
    func look(_ report: SubmissionReport) throws(ToolError) -> [CommandView]? {
        guard let device = report.device?.description,
            let (method, url) = talk.address.request(.listCommands, [device])
        else { return [] }
        guard let answer = try talk.ask(ServiceCall(method: method, url: url)) else { return nil }
        if let items = AnswerText.json(answer)?[MemberName.items]?.arrayValue, answer.status == 200 {
            return items.compactMap(CommandView.init)
        }
        // The path of the list is not documented; that of one command is.
        var views: [CommandView] = []
        for command in report.commands where !command.isFinal {
            guard let (method, url) = talk.address.request(.getCommand, [device, command.id]) else {
                continue
            }
            guard let answer = try talk.ask(ServiceCall(method: method, url: url)) else { return nil }
            if let json = AnswerText.json(answer), let view = CommandView(json) {
                views.append(view)
            } else if answer.status == 404 {
                var view = command
                view.status = "FAILED"
                view.reason = "the service has no such command any more"
                views.append(view)
            }
        }
        return views
    }
}
