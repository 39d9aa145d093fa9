package import Diagnostics
package import JSON
package import ProvisioningAPI

/// A list that the service gives out page by page.
package struct PagedList {
    /// How reading it ended.
    package enum End: Sendable {
        /// It was read whole, or as far as it was wanted.
        case read
        /// The service answered something else than a page.
        case refused(ServiceAnswer)
        /// What it answered is no list, or one without an end or with gaps.
        case senseless(ToolError)
        /// The run is over.
        case stopped
    }

    private let talk: Conversation

    package init(_ talk: Conversation) { self.talk = talk }

    /// Calls `each` with every item until it answers false. Whatever else the service answers stops the run.
    ///
    /// - Parameter query: further parameters, encoded.
    package func read(
        _ route: Route, query: String = "", doing purpose: String, each: (JSONValue) throws(ToolError) -> Bool
    ) throws(ToolError) {
        let whole = ["pageLimit=100", query].filter { !$0.isEmpty }.joined(separator: "&")
        switch try pages(route, query: whole, each: each) {
        case .read, .stopped: return
        case .senseless(let error): talk.control.stop(error)
        case .refused(let answer):
            talk.control.stop(
                AnswerText.fatal(answer, doing: purpose)
                    ?? Self.senseless("HTTP \(answer.status): \(AnswerText.message(answer))"))
        }
    }

    /// Calls `each` with every item until it answers false.
    ///
    /// - Parameter isCounted: whether items that are missing by the list's own count make it senseless. Others may take
    ///   items away while a long list is read.
    package func pages(
        _ route: Route, _ parameters: [String] = [], query: String = "", isCounted: Bool = false,
        each: (JSONValue) throws(ToolError) -> Bool
    ) throws(ToolError) -> End {
        var token: String?
        var seen: Set<String> = []
        var count: Int64 = 0
        while true {
            let queries = [query, token.map { "pageNextToken=" + PercentEncoding.encode($0) } ?? ""]
            guard
                let (method, url) = talk.address.request(
                    route, parameters, query: queries.filter { !$0.isEmpty }.joined(separator: "&")),
                let answer = try talk.ask(ServiceCall(method: method, url: url))
            else { return .stopped }
            guard answer.status == 200 else { return .refused(answer) }
            guard let json = AnswerText.json(answer), let items = Self.items(json) else {
                return .senseless(Self.senseless("HTTP 200: \(AnswerText.message(answer))"))
            }
            for item in items where try !each(item) { return .read }
            count &+= Int64(items.count)
            token = json[MemberName.pageNextToken]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
            guard let token else {
                if isCounted, let total = json[MemberName.total]?.integerValue, total > count {
                    return .senseless(Self.senseless("\(count) of \(total) items and no further page"))
                }
                return .read
            }
            // A service that gives out a page again would never end.
            guard seen.insert(token).inserted else {
                return .senseless(Self.senseless("a page that leads to an earlier one"))
            }
        }
    }

    /// The items of a page; `nil` where it is none. Null stands for none (seen of the vendor's service).
    private static func items(_ page: JSONValue) -> [JSONValue]? {
        guard let items = page[MemberName.items] else { return nil }
        if case .null = items { return [] }
        guard let elements = items.arrayValue, elements.allSatisfy({ $0.objectValue != nil }) else {
            return nil
        }
        return elements
    }

    private static func senseless(_ found: String) -> ToolError {
        ToolError(
            .serviceContract, "expected a list, found \(found)",
            hint: "check the address of the service and what stands between it and here")
    }
}
