import DeviceIdentity
package import Diagnostics
import JSON
import ProvisioningAPI

/// What an answer to a bulk claim says of each row. What it does not say is said too: no row is forgotten.
package enum BulkClaimAnswer: Sendable, Equatable {
    /// What it says of one row.
    package enum Verdict: Sendable, Equatable {
        case claimed
        case refused(String)
        /// It says nothing of this row: the service has to be asked. The text is what it says of rows that it does not name.
        case unaccounted(String)
        /// It says that something went wrong, and not whether with this row: that the device is there proves nothing.
        case doubtful(String)
    }

    /// A verdict for each row that was sent.
    case rows([Verdict])
    /// The outcome has to be asked for under this id.
    case operation(String)
    /// It says nothing that can be believed.
    case unreadable(String)
    /// No request of this key will be answered otherwise.
    case fatal(ToolError)

    package init(_ answer: ServiceAnswer, to items: [ClaimItem], of work: BulkWork = .claims) {
        if let error = AnswerText.fatal(answer, doing: work.purpose) {
            self = .fatal(error)
            return
        }
        guard 200...299 ~= answer.status || 400...499 ~= answer.status else {
            self = .unreadable(
                "expected an answer to a claim, found HTTP \(answer.status): \(AnswerText.message(answer))")
            return
        }
        let json = AnswerText.json(answer)
        if answer.status == 202, let id = AnswerText.id(json?[MemberName.bulkOpsRequestId]) {
            self = .operation(id)
            return
        }
        guard let json, json.objectValue != nil else {
            self = Self.withoutJSON(answer, items)
            return
        }
        let claimed = json[MemberName.claimedIds]?.arrayValue
        let failed = json[MemberName.failed]?.arrayValue
        guard claimed != nil || failed != nil else {
            let text = AnswerText.message(answer)
            // A refusal as a whole is one of each row; a success that names nobody is no answer.
            self = .rows(
                items.map { _ in
                    answer.status >= 400
                        ? .refused(text) : .unaccounted("the service's answer names no device: \(text)")
                })
            return
        }
        self = .rows(Self.verdicts(claimed ?? [], failed ?? [], answer, items))
    }

    private static func withoutJSON(_ answer: ServiceAnswer, _ items: [ClaimItem]) -> BulkClaimAnswer {
        if answer.body.isEmpty {
            return .rows(
                items.map { _ in
                    answer.status >= 400
                        ? .refused("HTTP \(answer.status) without a text")
                        : .unaccounted("the service's answer is empty")
                })
        }
        // Whatever it was that wrote a page for people, it does not speak for the service.
        return .unreadable("expected JSON, found something else: \(AnswerText.message(answer))")
    }

    private static func verdicts(
        _ claimed: [JSONValue], _ failed: [JSONValue], _ answer: ServiceAnswer, _ items: [ClaimItem]
    ) -> [Verdict] {
        let ids = Set(claimed.compactMap { $0.stringValue.flatMap { try? DeviceUUID(text: $0) } })
        var refusals: [Int: String] = [:]
        // What names no row that was sent.
        var strays: [String] = []
        var numbered: [(row: Int, message: String)] = []
        for element in failed {
            let failure = FailedRow(element)
            if let place = failure.place(in: items) {
                refusals[place] = failure.message
            } else if let row = failure.row {
                numbered.append((row, failure.message))
            } else {
                strays.append(failure.message)
            }
        }
        let bases = bases(of: numbered.map(\.row), items, ids, refusals)
        // Of rows that may be counted either way the service is asked, each that may be meant.
        var candidates: [Int: [String]] = [:]
        for (row, message) in numbered {
            let places = bases.map { row - $0 }.filter(items.indices.contains)
            if bases.count == 1, let place = places.first {
                refusals[place] = message
            } else if places.isEmpty {
                strays.append(message)
            }
            for place in places where bases.count > 1 {
                if !(candidates[place] ?? []).contains(message) {
                    candidates[place, default: []].append(message)
                }
            }
        }
        let rest =
            strays.first.map { "the service refused rows that it does not name: \($0)" }
            ?? "the service's answer does not name the device"
        return items.indices.map { place in
            // Named as claimed and as failed: it has to be asked.
            switch (items[place].device.map(ids.contains) ?? false, refusals[place]) {
            case (true, nil): .claimed
            case (false, let message?): .refused(message)
            case (true, let message?): .unaccounted(message)
            case (false, nil):
                .unaccounted(candidates[place]?.joined(separator: ", or: ") ?? rest)
            }
        }
    }

    /// Whether rows are counted from 0 or from 1: each by which all rows are in the body and none is claimed, or named
    /// otherwise, and failed at once.
    private static func bases(
        of rows: [Int], _ items: [ClaimItem], _ claimed: Set<DeviceUUID>, _ refusals: [Int: String]
    ) -> [Int] {
        [0, 1].filter { first in
            rows.allSatisfy { row in
                // A row is a number of whoever wrote the answer.
                let (place, overflows) = row.subtractingReportingOverflow(first)
                return !overflows && items.indices.contains(place) && refusals[place] == nil
                    && !(items[place].device.map(claimed.contains) ?? false)
            }
        }
    }
}

/// An element of `failed`, whose shape is not documented.
private struct FailedRow {
    var row: Int?
    var message: String
    private var texts: [String] = []

    init(_ json: JSONValue) {
        message = ""
        switch json {
        case .object(let object):
            for member in object.members {
                if let number = member.value.integerValue, row == nil,
                    ["row", "index", "line"].contains(member.name)
                {
                    row = Int(exactly: number)
                }
                guard let text = member.value.stringValue else { continue }
                if message.isEmpty, ["message", "detail", "error", "reason", "title"].contains(member.name) {
                    message = text
                }
                texts.append(text)
            }
        case .string(let text):
            message = text
            texts = [text]
            // `[17]: message`, as the neighbouring service writes it.
            if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
                row = Int(text[text.index(after: text.startIndex)..<end])
            }
        default: break
        }
        if message.isEmpty {
            let words = String(decoding: json.compact(), as: UTF8.self)
            message = "the service gave no reason that is known: \(words)"
        }
        message = AnswerText.cut(message)
    }

    /// The place of the row that it names by its device or its token.
    func place(in items: [ClaimItem]) -> Int? {
        for text in texts {
            if let device = try? DeviceUUID(text: text) {
                return items.firstIndex { $0.device == device }
            }
            if text.utf8.count > 40,
                let place = items.firstIndex(where: { $0.token.elementsEqual(text.utf8) })
            {
                return place
            }
        }
        return nil
    }
}
