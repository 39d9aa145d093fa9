import DeviceIdentity
package import Diagnostics
import JSON
import Journal
import OpenSSL
import ProvisioningAPI
package import Store

/// Sends batches of commands, each command in its order and once. One for each thread.
///
/// The vendor's service has no way to repeat a request safely: where no answer came, the device's list of commands says
/// whether it is there. What was in the list before the batch began is kept, so that an older command of the same content is
/// not taken for it.
package final class CommandSubmission {
    private let plan: ClaimSubmission.Plan
    private let talk: Conversation
    private let store: SQLiteStore
    /// Commands whose outcome the service did not want to tell.
    private var untold: String?

    /// - Parameter store: of this thread alone.
    package init(_ plan: ClaimSubmission.Plan, _ talk: Conversation, _ store: SQLiteStore) {
        self.plan = plan
        self.talk = talk
        self.store = store
    }

    /// Sends a batch; answers what became of each command.
    package func submit(_ item: BatchItem) throws(ToolError) -> [CommandOutcome] {
        var outcomes: [CommandOutcome] = []
        untold = nil
        let before = try baseline(item)
        for place in item.commands.indices {
            let outcome: CommandOutcome =
                before == nil ? try conclude(item, place) : try settle(item, place, before ?? [])
            outcomes.append(outcome)
            guard case .accepted = outcome else { break }
        }
        let rest = item.commands.count - outcomes.count
        // What is behind a command that was not taken would run without it.
        return outcomes
            + Array(repeating: .notSent("the command in front of it was not taken"), count: max(rest, 0))
    }

    private func take(_ key: [UInt8]) throws(ToolError) -> JournalRules.Decision {
        try store.take(
            [key], in: plan.journal, by: plan.run, retriesFailed: plan.retriesFailed, at: talk.clock.seconds,
            isAlive: plan.isAlive
        ).first ?? .busy
    }

    private func record(_ key: [UInt8], _ event: JournalEvent) throws(ToolError) {
        try store.record([(key, event)], in: plan.journal, by: plan.run, at: talk.clock.seconds)
    }

    /// The ids of the commands that the device had before the batch; `nil` when the run is over.
    private func baseline(_ item: BatchItem) throws(ToolError) -> Set<String>? {
        let key = item.key(of: nil)
        while !talk.control.isStopped {
            switch try take(key) {
            case .accepted(let note): return Set(note.split(separator: " ").map(String.init))
            case .busy: talk.rest(100_000)
            case .ask: try record(key, .notTaken)
            case .failed, .send:
                guard let listed = try list(item) else {
                    try record(key, .notTaken)
                    return nil
                }
                let ids = listed.commands.map(\.id)
                try record(key, .accepted(note: ids.joined(separator: " ")))
                return Set(ids)
            }
        }
        return nil
    }

    private func settle(
        _ item: BatchItem, _ place: Int, _ before: Set<String>
    ) throws(ToolError) -> CommandOutcome {
        let key = item.key(of: place)
        while !talk.control.isStopped {
            switch try take(key) {
            case .accepted(let id): return .accepted(id: id)
            case .failed(let note): return .refused(note)
            case .busy: talk.rest(100_000)
            case .send: try send(item, place, key)
            case .ask:
                if let untold { return .unknown(untold) }
                try ask(item, place, key, before)
            }
        }
        return try conclude(item, place)
    }

    private func send(_ item: BatchItem, _ place: Int, _ key: [UInt8]) throws(ToolError) {
        guard let (method, url) = talk.address.request(.addCommand, [item.device.description]) else { return }
        let reply = try talk.send(
            ServiceCall(
                method: method, url: url, contentType: "application/json", body: item.commands[place].body,
                idempotencyKey: Hex.encode(Digest.sha256(key))))
        switch reply {
        case .stopped, .notTaken: try record(key, .notTaken)
        case .unknown: try record(key, .unanswered)
        case .answer(let answer):
            if let error = AnswerText.fatal(answer, doing: "add commands"), answer.status != 404 {
                talk.control.stop(error)
                return try record(key, .notTaken)
            }
            let json = AnswerText.json(answer)
            if 200...299 ~= answer.status, let id = json?[MemberName.id]?.stringValue, !id.isEmpty {
                talk.trust()
                try record(key, .accepted(note: id))
            } else if 400...499 ~= answer.status, json != nil || answer.body.isEmpty {
                talk.trust()
                try record(key, .refused(note: "HTTP \(answer.status): \(AnswerText.message(answer))"))
            } else {
                try record(key, .unanswered)
                talk.distrust("HTTP \(answer.status): \(AnswerText.message(answer))")
            }
        }
    }

    // MARK: Asking

    private struct Listed {
        var commands: [(id: String, likeness: [UInt8])]
    }

    /// The device's commands; `nil` when the run is over or the service does not tell.
    private func list(_ item: BatchItem) throws(ToolError) -> Listed? {
        guard let (method, url) = talk.address.request(.listCommands, [item.device.description]),
            let answer = try talk.ask(ServiceCall(method: method, url: url))
        else { return nil }
        if 200...299 ~= answer.status, let items = AnswerText.json(answer)?[MemberName.items]?.arrayValue {
            return Listed(
                commands: items.compactMap { item in
                    item[MemberName.id]?.stringValue.map { ($0, BatchItem.likeness(of: item)) }
                })
        }
        if let error = AnswerText.fatal(answer, doing: "look at commands"), answer.status != 404 {
            talk.control.stop(error)
            return nil
        }
        // A device that is not there has no commands; sending one will say so.
        if AnswerText.json(answer)?[MemberName.reason]?.stringValue == "device-unknown" {
            return Listed(commands: [])
        }
        untold = "the service does not list commands: HTTP \(answer.status): \(AnswerText.message(answer))"
        return Listed(commands: [])
    }

    private func ask(
        _ item: BatchItem, _ place: Int, _ key: [UInt8], _ before: Set<String>
    ) throws(ToolError) {
        guard let listed = try list(item), untold == nil else { return }
        let known = Set(try store.acceptedNotes(under: item.device.bytes, in: plan.journal))
        let found = listed.commands.last { command in
            !before.contains(command.id) && !known.contains(command.id)
                && command.likeness == item.commands[place].likeness
        }
        try record(key, found.map { .accepted(note: $0.id) } ?? .notTaken)
    }

    private func conclude(_ item: BatchItem, _ place: Int) throws(ToolError) -> CommandOutcome {
        let reason = talk.control.error?.message ?? "interrupted"
        let entry = try store.entry(item.key(of: place), in: plan.journal)
        switch entry?.state {
        case .accepted: return .accepted(id: entry?.note ?? "")
        case .failed: return .refused(entry?.note ?? "")
        case .intended, .unknown: return .unknown(reason)
        case .waiting, nil: return .notSent(reason)
        }
    }
}
