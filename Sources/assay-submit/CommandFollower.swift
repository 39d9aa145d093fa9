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
        guard let device = report.device?.description else { return [] }
        var views: [CommandView] = []
        switch try CommandList(talk).read(of: device) {
        case .stopped: return nil
        case .commands(let items): views = items.compactMap(CommandView.init)
        // The path of the list is not documented; that of one command is.
        case .refused, .untold: break
        }
        let listed = Set(views.map(\.id))
        for command in report.commands where !command.isFinal && !listed.contains(command.id) {
            guard let (method, url) = talk.address.request(.getCommand, [device, command.id]) else {
                continue
            }
            guard let answer = try talk.ask(ServiceCall(method: method, url: url)) else { return nil }
            if let json = AnswerText.json(answer), let view = CommandView(json), view.id == command.id {
                views.append(view)
            } else if answer.status == 404 {
                // One without a body may be of whatever stands in between; the service says what is not there.
                guard !answer.body.isEmpty else { continue }
                var view = command
                view.status = "FAILED"
                view.reason = "the service has no such command any more"
                views.append(view)
            } else if let error = AnswerText.fatal(answer, doing: "look at commands") {
                talk.control.stop(error)
                return nil
            }
        }
        return views
    }
}
