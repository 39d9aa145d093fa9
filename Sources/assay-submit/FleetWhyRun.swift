import Commands
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import ProvisioningAPI
import Submission

/// `assay fleet why`
struct FleetWhyRun {
    private let verb: FleetWhy
    private let talk: Conversation

    static func run(_ verb: FleetWhy) throws -> ExitStatus {
        let session = try ServiceSession(verb.service)
        defer { session.close() }
        let run = FleetWhyRun(verb: verb, talk: session.conversation())
        var total = 0
        var stuck = 0
        func tell(_ device: String) throws(ToolError) {
            guard let diagnosis = try run.diagnosis(of: device) else { return }
            total += 1
            if !diagnosis.isProvisioned { stuck += 1 }
            try StandardStream.output().write(diagnosis.bytes(json: verb.output.json))
        }
        if verb.devices.isEmpty {
            try PagedList(run.talk).read(.listDevices, doing: "look at devices") { item throws(ToolError) in
                let device = FleetDevice(item)
                if device.status == "PROVISIONED" {
                    total += 1
                } else {
                    try tell(device.id)
                }
                return true
            }
        }
        for text in verb.devices { try tell(try DeviceUUID(text: text).description) }
        if let error = session.control.error { throw error }
        verb.output.console.note(
            "assay: \(total) \(total == 1 ? "device" : "devices"): \(stuck) not provisioned")
        return stuck == 0 ? .done : stuck == total ? .rejected : .partial
    }

    private func diagnosis(of device: String) throws(ToolError) -> FleetDiagnosis? {
        if let answer = try ask(.diagnose, device), answer.status == 200, let json = AnswerText.json(answer),
            let found = FleetDiagnosis(json, of: device)
        {
            return found
        }
        guard let answer = try ask(.getDevice, device) else { return nil }
        guard answer.status == 200, let json = AnswerText.json(answer) else {
            if talk.control.error != nil { return nil }
            return FleetDiagnosis(
                .object([
                    MemberName.reason: .string("unclaimed"),
                    MemberName.message: .string("the team has not claimed this device"),
                    "nextStep": .string("claim it with its attestation token"),
                ]), of: device)
        }
        let commands = try ask(.listCommands, device).flatMap(AnswerText.json)
        let views = (commands?[MemberName.items]?.arrayValue ?? []).compactMap(CommandView.init)
        return FleetDiagnosis(status: FleetDevice(json).status, of: device, views)
    }

    private func ask(_ route: Route, _ device: String) throws(ToolError) -> ServiceAnswer? {
        guard let (method, url) = talk.address.request(route, [device]) else { return nil }
        let answer = try talk.ask(ServiceCall(method: method, url: url))
        if let answer, [401, 403].contains(answer.status),
            let error = AnswerText.fatal(answer, doing: "look at devices")
        {
            talk.control.stop(error)
        }
        return answer
    }
}
