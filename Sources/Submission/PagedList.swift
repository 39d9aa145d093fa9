package import Diagnostics
package import JSON
package import ProvisioningAPI

/// A list that the service gives out page by page.
package struct PagedList {
    private let talk: Conversation

    package init(_ talk: Conversation) { self.talk = talk }

    /// Calls `each` with every item until it answers false; ends early when the run is over.
    ///
    /// - Parameter query: further parameters, encoded.
    package func read(
        _ route: Route, query: String = "", doing purpose: String, each: (JSONValue) throws(ToolError) -> Bool
    ) throws(ToolError) {
        var token: String?
        var seen: Set<String> = []
        repeat {
            let parameters = [
                "pageLimit=100", query.isEmpty ? nil : query,
                token.map { "pageNextToken=" + PercentEncoding.encode($0) },
            ]
            guard
                let (method, url) = talk.address.request(
                    route, query: parameters.compactMap(\.self).joined(separator: "&")),
                let answer = try talk.ask(ServiceCall(method: method, url: url))
            else { return }
            if let error = AnswerText.fatal(answer, doing: purpose) {
                talk.control.stop(error)
                return
            }
            guard answer.status == 200, let json = AnswerText.json(answer) else {
                talk.control.stop(
                    ToolError(
                        .serviceContract,
                        "expected a list, found HTTP \(answer.status): \(AnswerText.message(answer))"))
                return
            }
            // Null stands for none (seen of the vendor's service).
            for item in json[MemberName.items]?.arrayValue ?? [] where try !each(item) { return }
            let next = json[MemberName.pageNextToken]?.stringValue
            // A service that gives out a page again would never end.
            token = next.flatMap { seen.insert($0).inserted ? $0 : nil }
        } while token != nil
    }
}
