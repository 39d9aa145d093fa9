import Diagnostics
import JSON
import ProvisioningAPI

/// An operation that the service works on by itself, of which it is asked how it went.
struct BulkOperation {
    private static let pause: Int64 = 1_000_000

    private let id: String
    private let talk: Conversation

    init(_ id: String, _ talk: Conversation) {
        self.id = id
        self.talk = talk
    }

    /// Waits for its end; a verdict for each row. Of a row that has no error the service is asked whether it has the device.
    func verdicts(on items: [ClaimItem]) throws(ToolError) -> [BulkClaimAnswer.Verdict] {
        let unsure = BulkClaimAnswer.Verdict.unaccounted("bulk operation \(id) did not take the device")
        var verdicts = Array(repeating: unsure, count: items.count)
        guard let end = try outcome() else { return verdicts }
        guard end[MemberName.status]?.stringValue == "FAILED" else { return verdicts }
        for (row, message) in try errors(end) where verdicts.indices.contains(row) {
            verdicts[row] = .refused(AnswerText.cut(message))
        }
        return verdicts
    }

    private func outcome() throws(ToolError) -> JSONValue? {
        guard let (method, url) = talk.address.request(.getBulkOperation, [id]) else { return nil }
        while !talk.control.isStopped {
            guard let answer = try talk.ask(ServiceCall(method: method, url: url)) else { return nil }
            let json = AnswerText.json(answer)
            let status = json?[MemberName.status]?.stringValue
            guard status == "PENDING" || status == "IN_PROGRESS" else { return json }
            talk.rest(Self.pause)
        }
        return nil
    }

    /// What went wrong, row by row, counted from 0.
    private func errors(_ operation: JSONValue) throws(ToolError) -> [(row: Int, message: String)] {
        var call: ServiceCall?
        if let url = operation["errorSummaryUrl"]?.stringValue,
            url.hasPrefix("https://") || url.hasPrefix("http://")
        {
            // It may be at another host, which is not given the key.
            call = ServiceCall(method: "GET", url: url)
            call?.needsKey = url.hasPrefix(talk.address.core + "/")
        } else if let (method, url) = talk.address.request(.getBulkErrors, [id]) {
            call = ServiceCall(method: method, url: url)
        }
        guard let call, let answer = try talk.ask(call), answer.status == 200 else { return [] }
        return BulkErrors.read(answer.body)
    }
}
