import Commands
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import ProvisioningAPI
import Submission

/// `assay fleet show`
enum FleetShowRun {
    static func run(_ verb: FleetShow) throws -> ExitStatus {
        let session = try ServiceSession(verb.service)
        defer { session.close() }
        let talk = session.conversation()
        var bad = 0
        for text in verb.devices {
            let uuid = try DeviceUUID(text: text).description
            guard let answer = try ask(.getDevice, uuid, talk), let json = AnswerText.json(answer),
                answer.status == 200
            else {
                if let error = session.control.error { throw error }
                bad += 1
                verb.output.console.error(
                    ToolError(
                        .serviceRefused, "the team has no device \(uuid)",
                        hint: "assay fleet list lists those that it has"))
                continue
            }
            var device = FleetDevice(json)
            let commands = try ask(.listCommands, uuid, talk).flatMap(AnswerText.json)
            device.commands = (commands?[MemberName.items]?.arrayValue ?? []).compactMap(CommandView.init)
            try StandardStream.output().write(device.bytes(json: verb.output.json))
        }
        return bad == 0 ? .done : bad == verb.devices.count ? .service : .partial
    }

    private static func ask(
        _ route: Route, _ device: String, _ talk: Conversation
    ) throws(ToolError) -> ServiceAnswer? {
        guard let (method, url) = talk.address.request(route, [device]) else { return nil }
        let answer = try talk.ask(ServiceCall(method: method, url: url))
        if let answer, answer.status != 404, let error = AnswerText.fatal(answer, doing: "look at devices") {
            talk.control.stop(error)
        }
        return answer
    }
}
