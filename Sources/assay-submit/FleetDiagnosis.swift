import CommandLineSupport
import JSON
import ProvisioningAPI
import Submission

/// Why a device is not provisioned and the next step, `assay.diagnosis/1`.
struct FleetDiagnosis {
    let device: String
    let status: String?
    let reason: String
    let message: String
    let nextStep: String
    let command: String?

    var isProvisioned: Bool { reason == "provisioned" }

    /// What a service says that can say it.
    init?(_ json: JSONValue, of device: String) {
        let json = AnswerText.shown(json)
        guard let reason = json[MemberName.reason]?.stringValue,
            let message = json[MemberName.message]?.stringValue, let step = json["nextStep"]?.stringValue
        else { return nil }
        self.device = device
        status = json[MemberName.status]?.stringValue
        self.reason = reason
        self.message = message
        nextStep = step
        command = json["commandId"]?.stringValue
    }

    /// By the state of a device and of its commands, at a service that says no more.
    init(status: String, of device: String, _ commands: [CommandView]) {
        self.device = device
        self.status = status
        let failed = commands.first { $0.status == "FAILED" }
        command = failed?.id
        if let failed {
            reason = "suspended"
            message = "command \(failed.id) failed: \(failed.reason ?? "the service does not say why")"
            nextStep = "assay fleet retry or assay fleet skip it; all after it waits"
            return
        }
        switch status {
        case "PROVISIONED":
            (reason, message, nextStep) = (
                "provisioned", "the device is provisioned", "nothing is to be done"
            )
        case "BLOCKED":
            (reason, message, nextStep) = ("blocked", "the device is blocked", "assay fleet unblock it")
        case "AWAITING":
            (reason, message, nextStep) = (
                "not-finished", "all commands are done, and none was 'finished'",
                "add what is still missing, then the command 'finished'"
            )
        case "READY" where commands.isEmpty:
            (reason, message, nextStep) = (
                "no-rule", "the device has no commands", "add commands, or give it a tag that a rule has"
            )
        case "READY":
            (reason, message, nextStep) = (
                "waiting", "\(commands.count) commands wait for the device", "let the device connect"
            )
        default:
            (reason, message, nextStep) = (
                "unanswered", "the device has fetched commands and not answered yet",
                "wait for its next connection; if that goes on, look at its log"
            )
        }
    }

    func bytes(json: Bool) -> [UInt8] {
        guard json else {
            let text = "\(device): \(reason): \(message); \(nextStep)"
            return Array((Withholding.safe(text) + "\n").utf8)
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.diagnosis/1")
        writer.member("deviceUuid", device)
        writer.member("status", ifPresent: status)
        writer.member("reason", reason)
        writer.member("message", Withholding.withheld(message))
        writer.member("nextStep", nextStep)
        writer.member("commandId", ifPresent: command)
        writer.endObject()
        writer.newline()
        return writer.bytes
    }
}
