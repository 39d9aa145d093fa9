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
    /// What became of a change.
    private enum Outcome {
        case done
        case failed(String)
        /// The team does not have the device.
        case gone(String)

        /// Why not; `nil` where it is done.
        var problem: String? {
            switch self {
            case .done: nil
            case .failed(let reason), .gone(let reason): reason
            }
        }
    }

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
        let journal = try (verb as? FleetUnclaim).map { unclaim throws(ToolError) in
            try run.journal(unclaim, session)
        }
        var failed = 0
        for device in devices {
            let outcome = try run.change(device)
            // What is known before the run is stopped is kept.
            if let (store, number) = journal ?? nil {
                switch outcome {
                // A claim that was given up may be made again, and one that is not there as well.
                case .done, .gone: try store.forget(device.bytes, in: number)
                case .failed: break
                }
            }
            if let error = session.control.error { throw error }
            if outcome.problem != nil { failed += 1 }
            try StandardStream.output().write(run.report(device, outcome.problem))
        }
        return failed == 0 ? .done : failed == devices.count ? .service : .partial
    }

    /// The journal of claims of the key's team; `nil` where there is none. What other teams claimed is not this key's to
    /// give up.
    private func journal(
        _ verb: FleetUnclaim, _ session: ServiceSession
    ) throws(ToolError) -> (store: SQLiteStore, number: Int64)? {
        guard let store = try verb.openStore(verb.output.console) else { return nil }
        let team = try session.account(talk).team
        let scope = JournalScope(kind: .claim, service: session.address.provisioning, team: team)
        return try store.existingJournal(scope).map { (store, $0) }
    }

    private func change(_ device: DeviceUUID) throws(ToolError) -> Outcome {
        let uuid = device.description
        switch verb.change {
        case .tag(let tags):
            return try send(.setTags, [uuid], JSONValue.array(tags.map { .string($0) }).compact())
        case .block:
            return try send(.block, [uuid]) { () throws(ToolError) in try status(of: uuid) == "BLOCKED" }
        case .unblock:
            return try send(.unblock, [uuid]) { () throws(ToolError) in
                try status(of: uuid).map { $0 != "BLOCKED" } ?? false
            }
        case .unclaim: return try send(.unclaim, [uuid])
        case .skip(let command): return try change(command, of: uuid, .skipCommand, to: { $0 == "SKIPPED" })
        case .retry(let command):
            return try change(
                command, of: uuid, .retryCommand, to: { !["FAILED", "SKIPPED"].contains($0) })
        }
    }

    /// - Parameter isDone: whether a command in this state is as it should be.
    private func change(
        _ named: String?, of device: String, _ route: Route, to isDone: (String) -> Bool
    ) throws(ToolError) -> Outcome {
        var id = named
        if id == nil {
            switch try CommandList(talk).read(of: device) {
            case .stopped: return .failed(talk.control.error?.message ?? "interrupted")
            case .untold(let error): return .failed(error.message)
            case .refused(let answer):
                return .failed("HTTP \(answer.status): \(AnswerText.message(answer))")
            case .commands(let items):
                id = items.compactMap(CommandView.init).first { $0.status == "FAILED" }?.id
            }
        }
        guard let id else { return .failed("none of its commands failed") }
        return try send(route, [device, id]) { () throws(ToolError) in
            guard let json = try look(.getCommand, [device, id]), let command = CommandView(json) else {
                return false
            }
            return isDone(command.status)
        }
    }

    /// - Parameter isDone: looks whether the service did before what it refuses now; asked where an earlier try was not
    ///   answered.
    private func send(
        _ route: Route, _ parameters: [String], _ body: [UInt8]? = nil,
        isDone: () throws(ToolError) -> Bool = { false }
    ) throws(ToolError) -> Outcome {
        guard let (method, url) = talk.address.request(route, parameters) else { return .failed("no path") }
        let call = ServiceCall(
            method: method, url: url, contentType: body == nil ? nil : "application/json", body: body ?? [])
        guard let (answer, mayBeDone) = try talk.insist(call) else {
            return .failed(talk.control.error?.message ?? "interrupted")
        }
        if 200...299 ~= answer.status { return .done }
        if [401, 403].contains(answer.status), let error = AnswerText.fatal(answer, doing: "change devices") {
            talk.control.stop(error)
            return .failed(error.message)
        }
        let problem = "HTTP \(answer.status): \(AnswerText.message(answer))"
        if route == .unclaim, answer.status == 404 { return mayBeDone ? .done : .gone(problem) }
        if mayBeDone, 400...499 ~= answer.status, try isDone() { return .done }
        return .failed(problem)
    }

    private func status(of device: String) throws(ToolError) -> String? {
        try look(.getDevice, [device])?[MemberName.status]?.stringValue
    }

    private func look(_ route: Route, _ parameters: [String]) throws(ToolError) -> JSONValue? {
        guard let (method, url) = talk.address.request(route, parameters),
            let answer = try talk.ask(ServiceCall(method: method, url: url)), answer.status == 200
        else { return nil }
        return AnswerText.json(answer)
    }

    private func report(_ device: DeviceUUID, _ problem: String?) -> [UInt8] {
        guard verb.output.json else {
            return Array((Withholding.safe("\(device): \(problem ?? "done")") + "\n").utf8)
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schema", ascii: "assay.fleet-change/1")
        writer.member("deviceUuid", device.description)
        writer.member("status", problem == nil ? "done" : "failed")
        if let problem {
            writer.member("message", Withholding.withheld(problem))
        }
        writer.endObject()
        writer.newline()
        return writer.bytes
    }
}
