package import Diagnostics
package import JSON
import ProvisioningAPI

/// The commands of one device, as a service lists them.
package struct CommandList {
    /// What came of asking for it.
    package enum Reading: Sendable {
        /// All commands: what is not among them is not there.
        case commands([JSONValue])
        /// The service does not give it out.
        case refused(ServiceAnswer)
        /// It could not be read whole, and why: it says nothing of what is not in it.
        case untold(ToolError)
        /// The run is over.
        case stopped
    }

    private let talk: Conversation

    package init(_ talk: Conversation) { self.talk = talk }

    /// Asks for the commands of a device. An answer that every request of this key will get stops the run.
    package func read(of device: String) throws(ToolError) -> Reading {
        var commands: [JSONValue] = []
        // Unlike other lists this one is short: it is asked for as it was before anybody spoke of pages.
        let end = try PagedList(talk).pages(.listCommands, [device], isCounted: true) { command in
            commands.append(command)
            return true
        }
        switch end {
        case .read: return .commands(commands)
        case .stopped: return .stopped
        case .senseless(let error): return .untold(error)
        case .refused(let answer):
            // The path of the list is not documented: that it is not there says nothing of the service.
            guard ![404, 405, 501].contains(answer.status),
                let error = AnswerText.fatal(answer, doing: "look at commands")
            else { return .refused(answer) }
            talk.control.stop(error)
            return .stopped
        }
    }
}
