import CommandLineSupport
import JSON
import ProvisioningAPI
import Submission

/// A rule at a service, `assay.rule/1`.
struct RuleReport {
    let id: String?
    let name: String
    /// `accepted`, `failed` or `unknown` of one that was sent; `ACTIVE` or `DRAFT` of one that is listed.
    let status: String
    var tags: [String] = []
    var message: String?

    init(id: String?, name: String, status: String, message: String? = nil) {
        self.id = id
        self.name = name
        self.status = status
        self.message = message
    }

    init(_ json: JSONValue) {
        let json = AnswerText.shown(json)
        id = json[MemberName.id]?.stringValue
        name = json[MemberName.name]?.stringValue ?? ""
        let active = json[MemberName.active]?.boolValue.map { $0 ? "ACTIVE" : "DRAFT" }
        status = json[MemberName.status]?.stringValue ?? active ?? "UNKNOWN"
        tags = (json[MemberName.tags]?.arrayValue ?? []).compactMap(\.stringValue)
    }

    func bytes(json: Bool) -> [UInt8] {
        guard json else {
            let parts = [status, id ?? "-", name, tags.joined(separator: ","), message ?? ""]
            let text = parts.filter { !$0.isEmpty }.joined(separator: "  ")
            return Array((Withholding.safe(text) + "\n").utf8)
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.rule/1")
        writer.member("id", ifPresent: id)
        writer.member("name", Withholding.withheld(name))
        writer.member("status", status)
        writer.key("tags")
        writer.beginArray()
        for tag in tags { writer.string(tag) }
        writer.endArray()
        if let message {
            writer.member("message", Withholding.withheld(message))
        }
        writer.endObject()
        writer.newline()
        return writer.bytes
    }
}
