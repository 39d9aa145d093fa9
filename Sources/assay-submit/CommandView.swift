import CommandLineSupport
import JSON
import ProvisioningAPI
import Submission

/// A command as the service shows it.
struct CommandView: Sendable {
    /// The states that are left by nobody but an operator.
    private static let final: Set<String> = ["SUCCEEDED", "FAILED", "SKIPPED"]

    let id: String
    var status: String
    /// What it is: the member of its request.
    var kind: String?
    /// What the device answered to a key generation: a CSR or a public key, signed by the device. Not to be printed.
    var token: String?
    /// Why it failed.
    var reason: String?

    init(accepted id: String) {
        self.id = id
        status = "PENDING"
    }

    init?(_ json: JSONValue) {
        guard let id = AnswerText.id(json[MemberName.id]), let status = json[MemberName.status]?.stringValue
        else {
            return nil
        }
        self.id = id
        self.status = Withholding.withheld(status)
        kind = json[MemberName.request]?.objectValue?.members.first.map { Withholding.withheld($0.name) }
        for member in json[MemberName.response]?.objectValue?.members ?? [] {
            if member.isNamed(MemberName.error) || member.isNamed(MemberName.message) {
                reason = Self.reason(member.value).map(Withholding.withheld)
            } else if let text = (member.value[MemberName.message] ?? member.value["csr"])?.stringValue {
                token = text
            }
        }
    }

    private static func reason(_ json: JSONValue) -> String? {
        if let text = json.stringValue { return text }
        let code = json[MemberName.cmeError]?.integerValue.map { "CME \($0)" }
        return [code, json[MemberName.message]?.stringValue].compactMap(\.self).joined(separator: ": ")
    }

    func write(json writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("status", status)
        writer.member("kind", ifPresent: kind)
        if let reason, !reason.isEmpty {
            writer.member("message", Withholding.withheld(reason))
        }
        writer.endObject()
    }

    var isFinal: Bool { Self.final.contains(status) }
}
