import Diagnostics
import JSON
import ProvisioningAPI

/// An operation that the service works on by itself, of which it is asked how it went.
struct BulkOperation {
    private static let pause: Int64 = 1_000_000
    /// How often errors are asked for that cannot be had.
    private static let attempts = 5

    private let id: String
    private let talk: Conversation

    init(_ id: String, _ talk: Conversation) {
        self.id = id
        self.talk = talk
    }

    /// How it ended.
    struct End {
        let id: String
        let hasFailed: Bool
        /// What is wrong with rows that it did not take, counted from 0; `nil` where that could not be read.
        let errors: [Int: String]?

        /// What it says of a row of its body.
        func verdict(on place: RowNote.Place, of work: BulkWork) -> BulkClaimAnswer.Verdict {
            guard hasFailed else {
                // Whether it took a device the service can be asked, and with which certificate it can not.
                return work.isProvenByDevice
                    ? .unaccounted("bulk operation \(id) did not take the device") : .claimed
            }
            // A row that is not there means that rows are counted otherwise than was thought.
            guard let errors, errors.keys.allSatisfy({ 0..<place.count ~= $0 }) else {
                return .doubtful("bulk operation \(id) failed, and its errors cannot be read")
            }
            if let message = errors[place.row] { return .refused(AnswerText.cut(message)) }
            // What failed is told row by row; all others are in.
            return work.isProvenByDevice
                ? .unaccounted("bulk operation \(id) did not take the device") : .claimed
        }
    }

    /// Waits for its end; `nil` when the run is over before the operation is.
    func end() throws(ToolError) -> End? {
        guard let operation = try outcome() else { return nil }
        guard operation[MemberName.status]?.stringValue == "FAILED" else {
            return End(id: id, hasFailed: false, errors: nil)
        }
        let errors = try errors(operation)
        if errors == nil, talk.control.isStopped { return nil }
        return End(id: id, hasFailed: true, errors: errors)
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

    /// What went wrong, row by row, counted from 0; `nil` where it cannot be read. It may be at another host, whose silence
    /// is not the service's.
    private func errors(_ operation: JSONValue) throws(ToolError) -> [Int: String]? {
        var call: ServiceCall?
        if let url = operation["errorSummaryUrl"]?.stringValue,
            url.hasPrefix("https://") || url.hasPrefix("http://")
        {
            // Another host is not given the key.
            call = ServiceCall(method: "GET", url: url)
            call?.needsKey = url.hasPrefix(talk.address.core + "/")
        } else if let (method, url) = talk.address.request(.getBulkErrors, [id]) {
            call = ServiceCall(method: method, url: url)
        }
        guard let call else { return nil }
        for _ in 0..<Self.attempts {
            switch try talk.send(call) {
            case .answer(let answer): return answer.status == 200 ? BulkErrors.read(answer.body) : nil
            case .stopped: return nil
            case .notTaken, .unknown: continue
            }
        }
        return nil
    }
}
