import Diagnostics
import JSON
import ProvisioningAPI

/// The service's list of the team's devices, where it is short enough to be read instead of asking for each.
struct FleetList {
    private static let pageLimit = 1_000

    private let talk: Conversation
    private let work: BulkWork

    init(_ talk: Conversation, of work: BulkWork) {
        self.talk = talk
        self.work = work
    }

    /// Which of these devices are in the list; `nil` where the list is longer than so many pages, does not add up, or
    /// cannot be had, so that it says nothing of those that are not in it.
    func has(_ names: [String], pages: Int) throws(ToolError) -> Set<String>? {
        let wanted = Dictionary(names.map { ($0.lowercased(), [$0]) }, uniquingKeysWith: +)
        var found: Set<String> = []
        var count: Int64 = 0
        var token: String?
        for number in 0..<max(pages, 1) {
            let query =
                "pageLimit=\(Self.pageLimit)"
                + (token.map { "&pageNextToken=" + PercentEncoding.encode($0) } ?? "")
            guard let (method, url) = talk.address.request(work.listRoute, query: query),
                let answer = try talk.ask(ServiceCall(method: method, url: url)), answer.status == 200,
                let json = AnswerText.json(answer), let items = json[MemberName.items]?.arrayValue
            else { return nil }
            let total = json[MemberName.total]?.integerValue
            // The list of claimed devices has it by the documents that there are.
            if total == nil, work == .claims { return nil }
            if let total, number == 0, total / Int64(Self.pageLimit) >= Int64(pages) { return nil }
            count += Int64(items.count)
            for item in items {
                guard let id = item[MemberName.id]?.stringValue?.lowercased() else { return nil }
                found.formUnion(wanted[id] ?? [])
            }
            guard let next = json[MemberName.pageNextToken]?.stringValue else {
                // Others may claim meanwhile: more than there were, never fewer.
                return total.map { count >= $0 } ?? true ? found : nil
            }
            token = next
        }
        return nil
    }
}
