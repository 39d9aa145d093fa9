package import Diagnostics
import JSON
import Journal
import ProvisioningAPI
package import Store

/// Claims rows, each once, whatever the network does: what is about to be sent is on disk before, what was answered is on
/// disk before it is told, and what nobody knows the service is asked. One for each thread.
package final class ClaimSubmission {
    /// What the threads of a run share.
    package struct Plan: Sendable {
        /// The number of the journal and of the run.
        package let journal: Int64
        package let run: Int64
        package let retriesFailed: Bool
        /// Whether a run is at work.
        package let isAlive: @Sendable (Int64) -> Bool

        let work: BulkWork

        package init(
            journal: Int64, run: Int64, retriesFailed: Bool, work: BulkWork = .claims,
            isAlive: @escaping @Sendable (Int64) -> Bool
        ) {
            self.work = work
            self.journal = journal
            self.run = run
            self.retriesFailed = retriesFailed
            self.isAlive = isAlive
        }
    }

    /// So many are asked for one by one in any case.
    private static let fewest = 20

    private let plan: Plan
    private let talk: Conversation
    private let store: SQLiteStore
    private var outcomes: [ClaimOutcome?] = []
    private var items: [ClaimItem] = []
    /// What the service said of rows that it did not name.
    private var remarks: [Int: String] = [:]
    /// Rows that this run has sent.
    private var sent: Set<Int> = []
    /// What was noted of rows that have to be asked for.
    private var notes: [Int: RowNote] = [:]
    /// Rows whose operation is over and did not say what became of them.
    private var overlooked: Set<Int> = []
    /// Of rows that were about to be sent: whether the service did not have their devices before.
    private var isNew: [Int: Bool] = [:]
    /// Rows of a request that went wrong somewhere: that the service has the device does not say that it took the row.
    private var doubtful: Set<Int> = []

    /// - Parameter store: of this thread alone.
    package init(_ plan: Plan, _ talk: Conversation, _ store: SQLiteStore) {
        self.plan = plan
        self.talk = talk
        self.store = store
    }

    /// Claims rows of different devices, at most as many as the service takes in one request; answers what became of each.
    package func submit(_ items: [ClaimItem]) throws(ToolError) -> [ClaimOutcome] {
        self.items = items
        outcomes = Array(repeating: nil, count: items.count)
        remarks = [:]
        sent = []
        notes = [:]
        overlooked = []
        doubtful = []
        isNew = [:]
        while true {
            let open = outcomes.indices.filter { outcomes[$0] == nil }
            if open.isEmpty { break }
            if talk.control.isStopped {
                try conclude(open)
                break
            }
            try advance(open)
        }
        // None is nil here; a row that was forgotten would be one that nobody knows anything of.
        return outcomes.map { $0 ?? .unknown("the run ended before it was known") }
    }

    private func advance(_ open: [Int]) throws(ToolError) {
        let decisions = try store.take(
            open.map { items[$0].key }, in: plan.journal, by: plan.run, retriesFailed: plan.retriesFailed,
            at: talk.clock.seconds, isAlive: plan.isAlive)
        var toSend: [Int] = []
        var toAsk: [Int] = []
        for (place, decision) in zip(open, decisions) {
            switch decision {
            case .send: toSend.append(place)
            case .ask(let note):
                toAsk.append(place)
                notes[place] = RowNote(note)
            case .busy: break
            case .accepted: outcomes[place] = sent.contains(place) ? .claimed : .existing
            case .failed(let note): outcomes[place] = .refused(note)
            }
        }
        if !toSend.isEmpty {
            try send(toSend)
        } else if !toAsk.isEmpty {
            try ask(toAsk)
        } else if outcomes.contains(where: { $0 == nil }) {
            // All that is left another process has in hand.
            talk.rest(100_000)
        }
    }

    // MARK: Sending

    private func send(_ places: [Int]) throws(ToolError) {
        guard let (method, url) = talk.address.request(plan.work.sendRoute) else { return }
        let rows = places.map { items[$0] }
        if !plan.work.isProvenByDevice { try noteNew(places) }
        let reply = try talk.send(
            ServiceCall(
                method: method, url: url, contentType: "text/csv", body: Array(rows.map(\.line).joined())))
        switch reply {
        case .stopped, .notTaken: try record(places) { _ in .notTaken }
        case .unknown:
            sent.formUnion(places)
            try record(places) { _ in .unanswered }
        case .answer(let answer):
            sent.formUnion(places)
            switch BulkClaimAnswer(answer, to: rows, of: plan.work) {
            case .rows(let verdicts):
                talk.trust()
                try enter(verdicts, places)
            case .operation(let id):
                talk.trust()
                // On disk before it is asked for: who goes on after this run asks for it too, and sends nothing again.
                try record(places) { row in
                    .noted(RowNote.word(.init(operation: id, row: row, count: places.count)))
                }
            case .unreadable(let reason):
                try record(places) { _ in .unanswered }
                talk.distrust(reason)
            case .fatal(let error):
                talk.control.stop(error)
                try record(places) { _ in .notTaken }
            }
        }
    }

    /// Notes the rows whose devices the service does not have: if it has them later, it took the rows.
    private func noteNew(_ places: [Int]) throws(ToolError) {
        // A row that comes again has not been taken in between.
        let unseen = places.filter { isNew[$0] == nil }
        if unseen.count > Self.fewest {
            let listed = try FleetList(talk, of: plan.work).has(
                unseen.map { items[$0].name }, pages: unseen.count / 8)
            for place in unseen { isNew[place] = listed.map { !$0.contains(items[place].name) } ?? false }
        } else {
            for place in unseen {
                guard let (method, url) = talk.address.request(plan.work.askRoute, [items[place].name]),
                    let answer = try talk.ask(ServiceCall(method: method, url: url))
                else { return }
                // An empty one may be of whatever stands in between.
                isNew[place] = answer.status == 404 && !answer.body.isEmpty
            }
        }
        if talk.control.isStopped { return }
        try record(places.filter { isNew[$0] == true }) { _ in .noted(RowNote.new) }
    }

    private func enter(_ verdicts: [BulkClaimAnswer.Verdict], _ places: [Int]) throws(ToolError) {
        for (place, verdict) in zip(places, verdicts) {
            switch verdict {
            case .unaccounted(let remark): remarks[place] = remark
            case .doubtful(let remark):
                remarks[place] = remark
                doubtful.insert(place)
            case .claimed, .refused: break
            }
        }
        try record(places) { offset in
            switch verdicts[offset] {
            case .claimed: .accepted(note: "")
            case .refused(let message): .refused(note: message)
            case .unaccounted, .doubtful: .unanswered
            }
        }
        // What is on disk may be told.
        for (place, verdict) in zip(places, verdicts) {
            switch verdict {
            case .claimed: outcomes[place] = sent.contains(place) ? .claimed : .existing
            case .refused(let message): outcomes[place] = .refused(message)
            case .unaccounted, .doubtful: break
            }
        }
    }

    private func record(_ places: [Int], _ event: (Int) -> JournalEvent) throws(ToolError) {
        try store.record(
            places.enumerated().map { (items[$1].key, event($0)) }, in: plan.journal, by: plan.run,
            at: talk.clock.seconds)
    }

    // MARK: Asking

    /// Asks the operation that took a row, where one did, and of all others the service whether it has the device.
    private func ask(_ places: [Int]) throws(ToolError) {
        let operations = Dictionary(
            grouping: places.filter { !overlooked.contains($0) }.compactMap { place in
                notes[place]?.place.map { (place: place, at: $0) }
            }, by: \.at.operation)
        for (id, rows) in operations.sorted(by: { $0.value[0].place < $1.value[0].place }) {
            // Without an end nobody knows what it took.
            guard let end = try BulkOperation(id, talk).end() else { return }
            try enter(rows.map { end.verdict(on: $0.at, of: plan.work) }, rows.map(\.place))
            overlooked.formUnion(rows.map(\.place))
        }
        let left = places.filter { outcomes[$0] == nil }
        if !left.isEmpty { try askForDevices(left) }
    }

    /// Asks the service whether it has devices for the team: by its list where that is shorter, else one by one.
    private func askForDevices(_ places: [Int]) throws(ToolError) {
        if places.count > Self.fewest, plan.work.isProvenByDevice {
            let listed = try FleetList(talk, of: plan.work).has(
                places.map { items[$0].name }, pages: places.count / 8)
            if talk.control.isStopped { return }
            if let listed {
                let (there, missing) = (
                    places.filter { listed.contains(items[$0].name) },
                    places.filter { !listed.contains(items[$0].name) }
                )
                try record(there) { _ in .accepted(note: "") }
                for place in there { outcomes[place] = sent.contains(place) ? .claimed : .existing }
                try leave(missing)
                return
            }
        }
        for place in places {
            guard let (method, url) = talk.address.request(plan.work.askRoute, [items[place].name]) else {
                continue
            }
            switch try talk.send(ServiceCall(method: method, url: url)) {
            case .stopped: return
            // Nothing is known yet; the row is asked for again.
            case .notTaken, .unknown: return
            case .answer(let answer):
                guard try learn(answer, of: place) else { return }
            }
        }
    }

    /// False where the answer says nothing.
    private func learn(_ answer: ServiceAnswer, of place: Int) throws(ToolError) -> Bool {
        switch answer.status {
        case 200...299:
            guard let id = AnswerText.json(answer)?[MemberName.id]?.stringValue,
                id.lowercased() == items[place].name.lowercased()
            else {
                talk.distrust(
                    "expected the device that was asked for, found HTTP \(answer.status): \(AnswerText.message(answer))"
                )
                return false
            }
            talk.trust()
            guard plan.work.isProvenByDevice || (notes[place]?.isNew ?? false) && !doubtful.contains(place)
            else {
                let remark = remarks[place].map { $0 + "; " } ?? ""
                outcomes[place] = .unknown(
                    remark + "the service has a device of this id, and does not say with which credential")
                return true
            }
            try record([place]) { _ in .accepted(note: "") }
            outcomes[place] = sent.contains(place) ? .claimed : .existing
            return true
        case 404, 410:
            guard answer.body.isEmpty || AnswerText.json(answer) != nil else {
                talk.distrust("HTTP \(answer.status): \(AnswerText.message(answer))")
                return false
            }
            talk.trust()
            try leave([place])
            return true
        default:
            if let error = AnswerText.fatal(answer, doing: "look at devices") {
                talk.control.stop(error)
            } else {
                talk.distrust("HTTP \(answer.status): \(AnswerText.message(answer))")
            }
            return false
        }
    }

    /// Enters that the service does not have these devices. What its answer from before said counts now.
    private func leave(_ places: [Int]) throws(ToolError) {
        try record(places) { offset in remarks[places[offset]].map { .refused(note: $0) } ?? .notTaken }
        for place in places {
            if let remark = remarks[place] { outcomes[place] = .refused(remark) }
        }
    }

    // MARK: The end

    /// What is told of rows that are left when the run stops.
    private func conclude(_ open: [Int]) throws(ToolError) {
        let reason = talk.control.error?.message ?? "interrupted"
        for place in open {
            let entry = try store.entry(items[place].key, in: plan.journal)
            switch entry?.state {
            case .accepted: outcomes[place] = sent.contains(place) ? .claimed : .existing
            case .failed: outcomes[place] = .refused(entry?.note ?? "")
            case .intended, .unknown: outcomes[place] = .unknown(reason)
            case .waiting, nil: outcomes[place] = .notSent(reason)
            }
        }
    }
}
