package import Diagnostics
package import JSON
import Journal
import OpenSSL
import ProvisioningAPI
package import Store

/// Creates a rule, once.
package struct RuleSubmission {
    private let plan: ClaimSubmission.Plan
    private let talk: Conversation
    private let store: SQLiteStore

    package init(_ plan: ClaimSubmission.Plan, _ talk: Conversation, _ store: SQLiteStore) {
        self.plan = plan
        self.talk = talk
        self.store = store
    }

    /// - Parameter name: the rule's, which no other of the team has.
    package func submit(name: String, body: JSONValue) throws(ToolError) -> CommandOutcome {
        let octets = body.compact()
        let key = Digest.sha256(octets)
        while !talk.control.isStopped {
            let decision = try store.take(
                [key], in: plan.journal, by: plan.run, retriesFailed: plan.retriesFailed,
                at: talk.clock.seconds, isAlive: plan.isAlive
            ).first
            switch decision {
            case .accepted(let id)?: return .accepted(id: id)
            case .failed(let note)?: return .refused(note)
            case .busy?, nil: talk.rest(100_000)
            case .send?: try send(octets, key)
            case .ask?:
                let id = try id(of: name)
                if talk.control.isStopped { break }
                try record(key, id.map { .accepted(note: $0) } ?? .notTaken)
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

    private func record(_ key: [UInt8], _ event: JournalEvent) throws(ToolError) {
        try store.record([(key, event)], in: plan.journal, by: plan.run, at: talk.clock.seconds)
    }

    private func send(_ body: [UInt8], _ key: [UInt8]) throws(ToolError) {
        guard let (method, url) = talk.address.request(.createRule) else { return }
        let reply = try talk.send(
            ServiceCall(method: method, url: url, contentType: "application/json", body: body))
        switch reply {
        case .stopped, .notTaken: try record(key, .notTaken)
        case .unknown: try record(key, .unanswered)
        case .answer(let answer):
            let json = AnswerText.json(answer)
            if let error = AnswerText.fatal(answer, doing: "create rules") {
                talk.control.stop(error)
                try record(key, .notTaken)
            } else if 200...299 ~= answer.status, let id = json?[MemberName.id]?.stringValue {
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

    /// The id of the rule of this name; `nil` where there is none, or the run is over.
    private func id(of name: String) throws(ToolError) -> String? {
        var id: String?
        try PagedList(talk).read(.listRules, doing: "look at rules") { rule in
            if rule[MemberName.name]?.stringValue == name { id = rule[MemberName.id]?.stringValue ?? "" }
            return id == nil
        }
        return id
    }
}
