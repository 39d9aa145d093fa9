import Commands
import DeviceIdentity
import Diagnostics
import InputOutput
import Submission

/// `assay fleet show`
enum FleetShowRun {
    static func run(_ verb: FleetShow) throws -> ExitStatus {
        let session = try ServiceSession(verb.service)
        defer { session.close() }
        let inquiry = DeviceInquiry(talk: session.conversation())
        var bad = 0
        for text in verb.devices {
            let uuid = try DeviceUUID(text: text).description
            guard let json = try inquiry.device(uuid) else {
                bad += 1
                verb.output.console.error(
                    ToolError(
                        .serviceRefused, "the team has no device \(uuid)",
                        hint: "assay fleet list lists those that it has"))
                continue
            }
            var device = FleetDevice(json)
            device.commands = try inquiry.commands(of: uuid)
            try StandardStream.output().write(device.bytes(json: verb.output.json))
        }
        return bad == 0 ? .done : bad == verb.devices.count ? .service : .partial
    }
}
