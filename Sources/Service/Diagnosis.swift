import JSON
import ProvisioningAPI

/// Why a device is not provisioned, and the next step.
struct Diagnosis: Sendable, Equatable {
    /// The states in which a device can be stuck, and those in which it is not.
    enum Reason: String, CaseIterable, Sendable {
        case unclaimed
        case claimedElsewhere = "claimed-elsewhere"
        case keyUnknown = "key-unknown"
        case keyUntrusted = "key-untrusted"
        case blocked
        case suspended
        case tooLarge = "too-large"
        case cleared
        case noAuthority = "no-authority"
        case certificateRefused = "certificate-refused"
        case clock
        case throttled
        case neverSeen = "never-seen"
        case waiting
        case unanswered
        case overdue
        case noTag = "no-tag"
        case noRule = "no-rule"
        case ruleDraft = "rule-draft"
        case notFinished = "not-finished"
        case provisioned
    }

    let reason: Reason
    let message: String
    let nextStep: String
    /// The command that it is about.
    var command: String?

    init(_ reason: Reason, _ message: String, _ nextStep: String, command: String? = nil) {
        self.reason = reason
        self.message = message
        self.nextStep = nextStep
        self.command = command
    }

    func json(device: String, status: String?) -> JSONValue {
        var object: JSONObject = [MemberName.id: .string(device)]
        object[MemberName.status] = status.map { .string($0) }
        object[MemberName.reason] = .string(reason.rawValue)
        object[MemberName.message] = .string(message)
        object["nextStep"] = .string(nextStep)
        object["commandId"] = command.map { .string($0) }
        return .object(object)
    }
}
