import CommandLineSupport
import Commands
import DeviceIdentity
import Diagnostics
import InputOutput
import JSON
import Journal
import ProvisioningAPI
import Store
import Submission

/// The verbs of `assay fleet` that change devices. Each is as it should be after it was done twice, so that it may be
/// repeated when no answer came.
struct FleetChangeRun {
    private let verb: any FleetChangeVerb
    private let talk: Conversation

    static func run(_ verb: any FleetChangeVerb) throws -> ExitStatus {
        if case .tag(let tags) = verb.change {
            for tag in tags {
                if let reason = TagRule.reason(against: tag) { throw ToolError(.usage, "--tag: \(reason)") }
            }
        }
        let devices = try verb.devices.map { text throws(ToolError) in try DeviceUUID(text: text) }
        let session = try ServiceSession(verb.service)
        defer { session.close() }
        let run = FleetChangeRun(verb: verb, talk: session.conversation())
        var failed = 0
        for device in devices {
            let problem = try run.change(device)
            if let error = session.control.error { throw error }
            if problem != nil { failed += 1 }
            if problem == nil, let unclaim = verb as? FleetUnclaim { try forget(device, unclaim, session) }
            try StandardStream.output().write(run.report(device, problem))
        }
        return failed == 0 ? .done : failed == devices.count ? .service : .partial
    }

    /// A claim that was given up may be made again.
    private static func forget(
        _ device: DeviceUUID, _ verb: FleetUnclaim, _ session: ServiceSession
    ) throws(ToolError) {
        guard let store = try verb.openStore(verb.output.console) else { return }
        for team in try store.journalTeams(.claim, service: session.address.provisioning) {
            let scope = JournalScope(kind: .claim, service: session.address.provisioning, team: team)
            if let journal = try store.existingJournal(scope) { try store.forget(device.bytes, in: journal) }
        }
    }

    /// Why not; `nil` where it is done.
    private func change(_ device: DeviceUUID) throws(ToolError) -> String? {
        let uuid = device.description
        switch verb.change {
        case .tag(let tags):
            return try send(.setTags, [uuid], JSONValue.array(tags.map { .string($0) }).compact())
        case .block: return try send(.block, [uuid])
        case .unblock: return try send(.unblock, [uuid])
        case .unclaim: return try send(.unclaim, [uuid])
        case .skip(let command): return try change(command, of: uuid, .skipCommand)
        case .retry(let command): return try change(command, of: uuid, .retryCommand)
        }
    }

    private func change(_ named: String?, of device: String, _ route: Route) throws(ToolError) -> String? {
        if let named { return try send(route, [device, named]) }
        guard let (method, url) = talk.address.request(.listCommands, [device]),
            let answer = try talk.ask(ServiceCall(method: method, url: url))
        else { return "interrupted" }
        let items = AnswerText.json(answer)?[MemberName.items]?.arrayValue ?? []
        guard let failed = items.compactMap(CommandView.init).first(where: { $0.status == "FAILED" }) else {
            return answer.status == 200
                ? "none of its commands failed" : "HTTP \(answer.status): \(AnswerText.message(answer))"
        }
        return try send(route, [device, failed.id])
    }

    private func send(_ route: Route, _ parameters: [String], _ body: [UInt8]? = nil) throws(ToolError)
        -> String?
    {
        guard let (method, url) = talk.address.request(route, parameters) else { return "no path" }
        let call = ServiceCall(
            method: method, url: url, contentType: body == nil ? nil : "application/json", body: body ?? [])
        guard let answer = try talk.ask(call) else { return talk.control.error?.message ?? "interrupted" }
        if 200...299 ~= answer.status { return nil }
        if [401, 403].contains(answer.status), let error = AnswerText.fatal(answer, doing: "change devices") {
            talk.control.stop(error)
        }
        return "HTTP \(answer.status): \(AnswerText.message(answer))"
    }

    private func report(_ device: DeviceUUID, _ problem: String?) -> [UInt8] {
        guard verb.output.json else {
            return Array((Withholding.safe("\(device): \(problem ?? "done")") + "\n").utf8)
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("schema")
        writer.string(ascii: "assay.fleet-change/1")
        writer.key("deviceUuid")
        writer.string(device.description)
        writer.key("status")
        writer.string(problem == nil ? "done" : "failed")
        if let problem {
            writer.key("message")
            writer.string(Withholding.withheld(problem))
        }
        writer.endObject()
        writer.newline()
        return writer.bytes
    }
}
