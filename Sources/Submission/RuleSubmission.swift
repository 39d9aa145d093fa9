import DeviceIdentity
package import Diagnostics
package import JSON
import Journal
import OpenSSL
import ProvisioningAPI
package import Store

/// Creates a rule, once.
///
/// Where no answer came, the list of rules says whether it is there. The rules that had its name before are kept, so that an
/// older one is not taken for it: not every service refuses a second rule of one name.
package struct RuleSubmission {
    /// Between two looks at what another process has in hand, in microseconds, and how many of them.
    private static let pause: Int64 = 1_000_000
    private static let looks = 60

    private let plan: ClaimSubmission.Plan
    private let talk: Conversation
    private let store: SQLiteStore
    private let journal: JournalHand

    package init(_ plan: ClaimSubmission.Plan, _ talk: Conversation, _ store: SQLiteStore) {
        self.plan = plan
        self.talk = talk
        self.store = store
        journal = JournalHand(plan: plan, clock: talk.clock, store: store)
    }

    /// - Parameter name: the rule's, by which it is looked for.
    package func submit(name: String, body: JSONValue) throws(ToolError) -> CommandOutcome {
        let octets = body.compact()
        let key = Digest.sha256(octets)
        if let before = try baseline(name, key) {
            let mark = Self.mark(of: name)
            var looks = 0
            while !talk.control.isStopped {
                switch try journal.take(key, note: mark) {
                case .accepted(let id): return .accepted(id: id)
                case .failed(let note): return .refused(note)
                case .busy: talk.rest(100_000)
                case .send: try send(octets, key)
                case .ask:
                    let listed = try ids(of: name)
                    if talk.control.isStopped { break }
                    // Read after the list: a rule that was in it has its id in the journal now, or is in hand.
                    let known = before.union(try store.acceptedNotes(under: [], in: plan.journal))
                    let new = listed.filter { !known.contains($0) }
                    let others = try othersInHand(key, mark)
                    if new.isEmpty {
                        try journal.record(key, .notTaken)
                    } else if new.count > others.count {
                        try journal.record(key, .accepted(note: new[0]))
                    } else if looks < Self.looks,
                        others.contains(where: { $0.run != plan.run && plan.isAlive($0.run) })
                    {
                        // Another process will know soon whose it is.
                        looks += 1
                        talk.rest(Self.pause)
                    } else {
                        return .unknown("the service has a rule of this name, which may be another one")
                    }
                }
            }
        }
        let reason = talk.control.error?.message ?? "interrupted"
        let entry = try store.entry(key, in: plan.journal)
        switch entry?.state {
        case .accepted: return .accepted(id: entry?.note ?? "")
        case .failed: return .refused(entry?.note ?? "")
        case .intended, .unknown: return .unknown(reason)
        case .waiting, nil: return .notSent(reason)
        }
    }

    /// What is noted of a rule while it is in hand, so that others of its name know what may be its own.
    static func mark(of name: String) -> String {
        "name:" + Hex.encode(Array(Digest.sha256(Array(name.utf8)).prefix(8)))
    }

    /// Other rules in hand that may have the same name.
    private func othersInHand(_ key: [UInt8], _ mark: String) throws(ToolError) -> [JournalEntry] {
        try store.entriesInHand(under: [], in: plan.journal)
            .filter {
                $0.key != key && $0.key.count == key.count && ($0.entry.note.isEmpty || $0.entry.note == mark)
            }
            .map(\.entry)
    }

    /// The ids of the rules that had this name before it was first sent; `nil` when the run is over.
    private func baseline(_ name: String, _ rule: [UInt8]) throws(ToolError) -> Set<String>? {
        let key = rule + [0]
        while !talk.control.isStopped {
            switch try journal.take(key) {
            case .accepted(let note): return Set(note.split(separator: " ").map(String.init))
            case .busy: talk.rest(100_000)
            case .ask: try journal.record(key, .notTaken)
            case .failed, .send:
                let ids = try ids(of: name)
                if talk.control.isStopped {
                    try journal.record(key, .notTaken)
                } else {
                    try journal.record(key, .accepted(note: ids.joined(separator: " ")))
                }
            }
        }
        return nil
    }

    private func send(_ body: [UInt8], _ key: [UInt8]) throws(ToolError) {
        guard let (method, url) = talk.address.request(.createRule) else { return }
        let reply = try talk.send(
            ServiceCall(method: method, url: url, contentType: "application/json", body: body))
        switch reply {
        case .stopped, .notTaken: try journal.record(key, .notTaken)
        case .unknown: try journal.record(key, .unanswered)
        case .answer(let answer):
            let json = AnswerText.json(answer)
            if let error = AnswerText.fatal(answer, doing: "create rules") {
                talk.control.stop(error)
                try journal.record(key, .notTaken)
            } else if 200...299 ~= answer.status, let id = AnswerText.id(json?[MemberName.id]) {
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

    /// The ids of the rules of this name; not to be relied upon when the run is over.
    private func ids(of name: String) throws(ToolError) -> [String] {
        var ids: [String] = []
        try PagedList(talk).read(.listRules, doing: "look at rules") { rule in
            if rule[MemberName.name]?.stringValue == name, let id = AnswerText.id(rule[MemberName.id]) {
                ids.append(id)
            }
            return true
        }
        return ids
    }
}
