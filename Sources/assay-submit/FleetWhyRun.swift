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
        guard let (method, url) = talk.address.request(.diagnose, [device]),
            let answer = try talk.ask(ServiceCall(method: method, url: url))
        else { return nil }
        if answer.status == 200, let json = AnswerText.json(answer),
            let found = FleetDiagnosis(json, of: device)
        {
            return found
        }
        // Not every service can say why.
        let inquiry = DeviceInquiry(talk: talk)
        guard let json = try inquiry.device(device) else {
            return FleetDiagnosis(
                .object([
                    MemberName.reason: .string("unclaimed"),
                    MemberName.message: .string("the team has not claimed this device"),
                    "nextStep": .string("claim it with its attestation token"),
                ]), of: device)
        }
        return FleetDiagnosis(
            status: FleetDevice(json).status, of: device, try inquiry.commands(of: device))
    }
}
