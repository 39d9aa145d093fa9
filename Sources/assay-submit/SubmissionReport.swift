import CommandLineSupport
import Commands
import DeviceIdentity
import Diagnostics
import JSON
import ProvisioningAPI
import ProvisioningCommands
import Submission

/// The result for one batch, `assay.submission/1`.
struct SubmissionReport: Sendable {
    enum Status: String, Sendable {
        case accepted, succeeded, failed, skipped, unknown
    }

    let source: String
    let line: Int
    let device: DeviceUUID?
    var commands: [CommandView] = []
    var failures: [CheckFailure] = []
    private var hasUnknown = false
    /// The places of commands that want a CSR, by what was sent: a service may not say what a command is.
    private var requestPlaces: Set<Int> = []

    /// A batch that is not sent.
    init(_ document: CommandsSubmit.Document) {
        source = document.source
        line = document.line
        device = document.device
        failures = document.failures
    }

    /// A batch that was sent.
    init(_ document: CommandsSubmit.Document, _ outcomes: [CommandOutcome]) {
        self.init(document)
        requestPlaces = Set(
            document.commands.indices.filter {
                document.commands[$0].request.kind == .certificateSigningRequest
            })
        for (place, outcome) in outcomes.enumerated() {
            switch outcome {
            case .accepted(let id): commands.append(CommandView(accepted: id))
            case .refused(let reason):
                failures.append(CheckFailure(.serviceRefused, "commands[\(place)]: \(reason)"))
            case .notSent(let reason):
                failures.append(CheckFailure(.serviceUnreachable, "commands[\(place)]: not sent: \(reason)"))
            case .unknown(let reason):
                hasUnknown = true
                failures.append(
                    CheckFailure(.serviceUnreachable, "commands[\(place)]: may have been sent: \(reason)"))
            }
        }
    }

    var status: Status {
        if hasUnknown { return .unknown }
        if !failures.isEmpty || commands.contains(where: { $0.status == "FAILED" }) || device == nil {
            return .failed
        }
        if commands.contains(where: { $0.status == "SKIPPED" }) { return .skipped }
        return commands.allSatisfy { $0.status == "SUCCEEDED" } ? .succeeded : .accepted
    }

    /// Whether commands are under way that may still end.
    var isOpen: Bool {
        guard commands.contains(where: { !$0.isFinal }) else { return false }
        // All after a failed one waits for a person.
        return !commands.contains { $0.status == "FAILED" }
    }

    /// Takes what the service shows of the commands.
    mutating func take(_ views: [CommandView]) {
        for (place, command) in commands.enumerated() {
            if let view = views.first(where: { $0.id == command.id }) { commands[place] = view }
        }
    }

    /// The CSRs that the commands led to, with the ids of their commands. One that is missing or is none is a failure.
    mutating func takeRequests() -> [(id: String, request: DeviceRequest)] {
        guard let device else { return [] }
        var requests: [(id: String, request: DeviceRequest)] = []
        for (place, command) in commands.enumerated()
        where requestPlaces.contains(place) && command.status == "SUCCEEDED" {
            do throws(CheckFailure) {
                requests.append((command.id, try DeviceRequest(command.token, of: device)))
            } catch {
                failures.append(CheckFailure(error.code, "commands[\(place)]: \(error.message)"))
            }
        }
        return requests
    }

    func write(json writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("schema", ascii: "assay.submission/1")
        writer.key("input")
        writer.beginObject()
        writer.member("source", source)
        writer.member("line", Int64(line))
        writer.endObject()
        if let device {
            writer.member("deviceUuid", device.description)
        }
        writer.member("status", status.rawValue)
        writer.key("commands")
        writer.beginArray()
        for command in commands { command.write(json: &writer) }
        writer.endArray()
        writer.key("failures")
        writer.beginArray()
        for failure in failures {
            writer.beginObject()
            writer.member("code", failure.code.rawValue)
            writer.member("message", Withholding.withheld(failure.message))
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        writer.newline()
    }

    /// One line, and one more for each thing that went wrong.
    var text: [UInt8] {
        let name = device?.description ?? "\(source):\(line)"
        var lines = [
            "\(name): \(status.rawValue), \(commands.count) \(commands.count == 1 ? "command" : "commands")"
        ]
        lines += failures.map { "\(name): \($0.code.rawValue): \($0.message)" }
        for command in commands where command.status == "FAILED" {
            lines.append(
                "\(name): command \(command.id) failed: \(command.reason ?? "the service does not say why")")
        }
        return Array(lines.map { Withholding.safe($0) + "\n" }.joined().utf8)
    }
}
