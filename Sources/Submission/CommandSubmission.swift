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
    private let journal: JournalHand
    /// Why nobody can say whether the service has a command.
    private var untold: String?
    /// Between two looks at what another process has in hand, in microseconds, and how many of them.
    private static let pause: Int64 = 1_000_000
    private static let looks = 60

    /// - Parameter store: of this thread alone.
    package init(_ plan: ClaimSubmission.Plan, _ talk: Conversation, _ store: SQLiteStore) {
        self.plan = plan
        self.talk = talk
        self.store = store
        journal = JournalHand(plan: plan, clock: talk.clock, store: store)
    }

    /// Sends a batch; answers what became of each command. Batches of one device are sent one after the other
    /// (``DeviceTurns``).
    package func submit(_ item: BatchItem) throws(ToolError) -> [CommandOutcome] {
        var outcomes: [CommandOutcome] = []
        untold = nil
        let before = try baseline(item)
        for place in item.commands.indices {
            let outcome = try settle(item, place, before)
            outcomes.append(outcome)
            guard case .accepted = outcome else { break }
        }
        let rest = item.commands.count - outcomes.count
        // What is after a command that was not taken would run without it.
        return outcomes
            + Array(repeating: .notSent("the command before it was not taken"), count: max(rest, 0))
    }

    /// The ids of the commands that the device had before the batch; `nil` where that is not known.
    private func baseline(_ item: BatchItem) throws(ToolError) -> Set<String>? {
        let key = item.key(of: nil)
        while !talk.control.isStopped {
            switch try journal.take(key) {
            case .accepted(let note): return Set(note.split(separator: " ").map(String.init))
            case .busy: talk.rest(100_000)
            case .ask: try journal.record(key, .notTaken)
            case .failed, .send:
                // A list that was not obtained is no list of nothing, and one that is obtained after commands of the batch
                // were sent may have them in it.
                guard try !isBegun(item), case .commands(let listed) = try list(item) else {
                    try journal.record(key, .notTaken)
                    return nil
                }
                let ids = listed.map(\.id)
                try journal.record(key, .accepted(note: ids.joined(separator: " ")))
                return Set(ids)
            }
        }
        return nil
    }

    /// Whether commands of the batch may be at the service of which nobody knows.
    private func isBegun(_ item: BatchItem) throws(ToolError) -> Bool {
        try store.entriesInHand(under: item.key, in: plan.journal).contains { $0.key != item.key(of: nil) }
    }

    private func settle(
        _ item: BatchItem, _ place: Int, _ before: Set<String>?
    ) throws(ToolError) -> CommandOutcome {
        let key = item.key(of: place)
        var looks = 0
        while !talk.control.isStopped {
            switch try journal.take(key, note: item.commands[place].mark) {
            case .accepted(let id): return .accepted(id: id)
            case .failed(let note): return .refused(note)
            case .busy: talk.rest(100_000)
            case .send: try send(item, place, key)
            case .ask:
                if let untold { return .unknown(untold) }
                try ask(item, place, before, isLast: looks == Self.looks)
                looks += 1
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
        case .stopped, .notTaken: try journal.record(key, .notTaken)
        case .unknown: try journal.record(key, .unanswered)
        case .answer(let answer):
            if let error = AnswerText.fatal(answer, doing: "add commands"), answer.status != 404 {
                talk.control.stop(error)
                return try journal.record(key, .notTaken)
            }
            let json = AnswerText.json(answer)
            if 200...299 ~= answer.status, let id = AnswerText.id(json?[MemberName.id]) {
                talk.trust()
                try journal.record(key, .accepted(note: id))
            } else if 400...499 ~= answer.status, json != nil || answer.body.isEmpty {
                talk.trust()
                try journal.record(
                    key, .refused(note: "HTTP \(answer.status): \(AnswerText.message(answer))"))
            } else {
                try journal.record(key, .unanswered)
                talk.distrust("HTTP \(answer.status): \(AnswerText.message(answer))")
            }
        }
    }

    // MARK: Asking

    private enum Listing {
        case commands([(id: String, likeness: [UInt8])])
        case untold(String)
        case stopped
    }

    /// The device's commands.
    private func list(_ item: BatchItem) throws(ToolError) -> Listing {
        switch try CommandList(talk).read(of: item.device.description) {
        case .stopped: return .stopped
        case .untold(let error): return .untold(error.message)
        case .refused(let answer):
            // A device that is not there has no commands; sending one will say so.
            if answer.status == 404,
                AnswerText.json(answer)?[MemberName.reason]?.stringValue == "device-unknown"
            {
                return .commands([])
            }
            return .untold(
                "the service does not list commands: HTTP \(answer.status): \(AnswerText.message(answer))")
        case .commands(let items):
            let commands = items.compactMap { item in
                AnswerText.id(item[MemberName.id]).map { (id: $0, likeness: BatchItem.likeness(of: item)) }
            }
            guard commands.count == items.count else {
                return .untold("the service lists commands without an id")
            }
            return .commands(commands)
        }
    }

    /// Asks whether the device has a command: it has one that is like it, that it had not before the batch, and that no other
    /// batch was given or may be given yet.
    private func ask(
        _ item: BatchItem, _ place: Int, _ before: Set<String>?, isLast: Bool
    ) throws(ToolError) {
        let (key, command) = (item.key(of: place), item.commands[place])
        let listed: [(id: String, likeness: [UInt8])]
        switch try list(item) {
        case .stopped: return
        case .untold(let reason):
            untold = reason
            return
        case .commands(let commands): listed = commands
        }
        // Read after the list: whatever was in it then has its id in the journal now, or is in hand.
        let known = Set(try store.acceptedNotes(under: item.device.bytes, in: plan.journal))
        let alike = listed.filter {
            $0.likeness == command.likeness && !known.contains($0.id)
                && !(before?.contains($0.id) ?? false)
        }
        guard let found = alike.first else { return try journal.record(key, .notTaken) }
        guard before != nil else {
            untold = "the device has a command like it, and what it had before is not known"
            return
        }
        let others = try store.entriesInHand(under: item.device.bytes, in: plan.journal).filter {
            $0.key != key && command.mayBe($0.entry.note) && !BatchItem.isOfBatch($0.key)
        }
        if !isLast, others.contains(where: { $0.entry.run != plan.run && plan.isAlive($0.entry.run) }) {
            // Another process will know soon whose it is.
            return talk.rest(Self.pause)
        }
        // One for each of them, and the oldest is nobody's but ours or like ours.
        guard alike.count > others.count else {
            untold = "the device has a command like it, which may be another batch's"
            return
        }
        try journal.record(key, .accepted(note: found.id))
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
