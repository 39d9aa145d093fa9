import CommandLineSupport
import JSON
import ProvisioningAPI
import Submission

/// A claimed device as a service shows it, `assay.claimed-device/1`.
struct FleetDevice {
    let id: String
    let status: String
    private let texts: [(name: String, value: String)]
    private let tags: [String]
    /// Of `fleet show`.
    var commands: [CommandView]?

    init(_ json: JSONValue) {
        let json = AnswerText.shown(json)
        id = json[MemberName.id]?.stringValue ?? ""
        status = json[MemberName.status]?.stringValue ?? "UNKNOWN"
        texts = [
            MemberName.deviceType, MemberName.firmwareId, MemberName.imei, MemberName.claimedAt,
            MemberName.lastSeenAt,
        ].compactMap { name in json[name]?.stringValue.map { (name, $0) } }
        tags = (json[MemberName.tags]?.arrayValue ?? []).compactMap(\.stringValue)
    }

    func bytes(json: Bool) -> [UInt8] { json ? jsonBytes : textBytes }

    private var jsonBytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.claimed-device/1")
        writer.member("deviceUuid", id)
        writer.member("status", status)
        for (name, value) in texts {
            writer.member(name, value)
        }
        writer.key("tags")
        writer.beginArray()
        for tag in tags { writer.string(tag) }
        writer.endArray()
        if let commands {
            writer.key("commands")
            writer.beginArray()
            for command in commands { command.write(json: &writer) }
            writer.endArray()
        }
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    private var textBytes: [UInt8] {
        guard let commands else {
            return Array((Withholding.safe("\(id)  \(status)  \(tags.joined(separator: ","))") + "\n").utf8)
        }
        var lines = ["device   \(id)", "status   \(status)", "tags     \(tags.joined(separator: ", "))"]
        lines += texts.map { "\($0.name)  \($0.value)" }
        lines += commands.map {
            "command  \($0.id)  \($0.status)  \($0.kind ?? "")" + ($0.reason.map { "  \($0)" } ?? "")
        }
        return Array(lines.map { Withholding.safe($0) + "\n" }.joined().utf8)
    }
}
