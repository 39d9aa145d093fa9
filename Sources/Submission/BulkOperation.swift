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

    /// How it ended.
    struct End {
        let id: String
        /// What is wrong with the rows that it did not take, counted from 0.
        let errors: [Int: String]

        /// Of a row that has no error the service is asked whether it has the device.
        func verdict(on place: RowNote.Place) -> BulkClaimAnswer.Verdict {
            errors[place.row].map { .refused(AnswerText.cut($0)) }
                ?? .unaccounted("bulk operation \(id) did not take the device")
        }
    }

    /// Waits for its end; `nil` when the run is over before the operation is.
    func end() throws(ToolError) -> End? {
        guard let operation = try outcome() else { return nil }
        guard operation[MemberName.status]?.stringValue == "FAILED" else { return End(id: id, errors: [:]) }
        let errors = try errors(operation)
        // What the errors are decides what is sent again.
        if talk.control.isStopped { return nil }
        return End(id: id, errors: Dictionary(errors.map { ($0.row, $0.message) }) { first, _ in first })
    }

    /// The operation when it is over. Only its own word ends it: whatever else is answered in its place says nothing of it,
    /// and rows that were sent again meanwhile would be sent twice.
    private func outcome() throws(ToolError) -> JSONValue? {
        guard let (method, url) = talk.address.request(.getBulkOperation, [id]) else { return nil }
        while !talk.control.isStopped {
            guard case .answer(let answer) = try talk.send(ServiceCall(method: method, url: url)) else {
                continue
            }
            if [401, 403].contains(answer.status),
                let error = AnswerText.fatal(answer, doing: "look at bulk operations")
            {
                talk.control.stop(error)
                return nil
            }
            let json = answer.status == 200 ? AnswerText.json(answer) : nil
            switch json?[MemberName.status]?.stringValue {
            case "PENDING", "IN_PROGRESS":
                talk.trust()
                talk.rest(Self.pause)
            case "SUCCEEDED", "FAILED":
                talk.trust()
                return json
            default:
                talk.distrust(
                    "expected the state of a bulk operation, found HTTP \(answer.status): "
                        + AnswerText.message(answer))
            }
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
