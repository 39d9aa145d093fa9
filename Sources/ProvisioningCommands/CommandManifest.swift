public import DeviceIdentity
public import Diagnostics
public import JSON

/// Makes one batch for each device of a CA run: the device's certificate, what else was asked for and
/// `finished`.
public struct CommandManifest: Sendable {
    /// What one line of the CA's output led to.
    public enum Outcome: Sendable, Equatable {
        case batch(CommandBatch)
        /// There is no certificate to install; the reason is for people.
        case skipped(deviceUUID: String?, reason: String)
    }

    private let clientTag: SecTag
    private let following: [ProvisioningCommand]

    /// A manifest whose client certificates go to `clientTag`, followed by these commands.
    ///
    /// `finished` is added at the end if it is not among them.
    public init(clientTag: SecTag = .nrfCloud, following: [ProvisioningCommand] = []) {
        self.clientTag = clientTag
        let isComplete = following.contains { $0.request == .finished }
        self.following = isComplete ? following : following + [ProvisioningCommand(.finished)]
    }

    /// The batch for one record `assay.issuance/1`; throws `json` when it is no such record.
    public func batch(fromIssuance record: JSONValue) throws(ToolError) -> Outcome {
        let node = JSONNode(record)
        let schema = try node.member("schema").string()
        guard schema == "assay.issuance/1" else {
            throw try node.member("schema").error("expected 'assay.issuance/1', found \(Shown.text(schema))")
        }
        // Where nobody vouched, the device of the token is an address all the same: commands for it reach that device or
        // none, and a certificate is of no use without the key that was made there.
        let claimed = try node.optionalMember("claimedDeviceUuid")?.string()
        let device = try node.optionalMember("deviceUuid")?.string() ?? claimed
        let status = try node.member("status").string()
        switch status {
        case "issued", "existing": break
        case "wouldIssue", "wouldExist":
            return .skipped(deviceUUID: device, reason: "the record is of a dry run, which issued nothing")
        case "rejected": return .skipped(deviceUUID: device, reason: try Self.reason(node))
        default:
            throw try node.member("status").error(
                "expected 'issued', 'existing' or 'rejected', found \(Shown.text(status))")
        }
        guard let device else {
            return .skipped(deviceUUID: nil, reason: "the record names no device")
        }
        let uuid: DeviceUUID
        do throws(ToolError) {
            uuid = try DeviceUUID(text: device)
        } catch {
            throw try node.member("deviceUuid").error(error.message)
        }
        let pem = try node.member("certificatePem").string()
        let content: String
        do throws(ToolError) {
            content = try CertificateContent.leaf(try PEMText(pem.utf8)).normalized
        } catch {
            throw ToolError(error.code, "certificatePem: \(error.message)", hint: error.hint)
        }
        let certificate = ProvisioningCommand(.clientCertificate(clientTag, content: content))
        return .batch(CommandBatch(deviceUUID: uuid, commands: [certificate] + following))
    }

    private static func reason(_ record: JSONNode) throws(ToolError) -> String {
        var messages: [String] = []
        for failure in try record.optionalMember("failures")?.elements() ?? [] {
            let code = try failure.member("code").string()
            let message = try failure.optionalMember("message")?.string()
            messages.append(message.map { "\(code): \($0)" } ?? code)
        }
        return messages.isEmpty ? "rejected without a reason" : messages.joined(separator: "; ")
    }
}
