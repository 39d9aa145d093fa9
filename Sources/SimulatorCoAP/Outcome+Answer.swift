import CoAP
import Simulator

/// What the device library makes of an answer over CoAP.
extension CoAPSession.Outcome {
    /// To an authentication: nil if it succeeded.
    var refusal: ServiceAnswer? {
        // A device that was acknowledged and then left alone takes it for a connection that did not come about.
        if case .answered(.timedOutAfterAcknowledgement) = self { return .connectTimedOut }
        return answer { $0.code == .created ? .some(nil) : nil }
    }

    var fetchAnswer: ServiceAnswer {
        answer { response -> ServiceAnswer?? in
            guard response.code == .content else { return nil }
            return response.body.isEmpty ? .noContent : .content(response.body)
        } ?? .noContent
    }

    var reportAnswer: ServiceAnswer { answer { $0.code == .changed ? .accepted : nil } ?? .accepted }

    /// - Parameter success: what a good answer means; nil for one that is not good.
    private func answer(_ success: (ClientResponse) -> ServiceAnswer??) -> ServiceAnswer? {
        switch self {
        case .answered(.response(let response)): success(response) ?? response.refusal
        case .answered(.reset): .noAnswer("the service refused the message")
        case .answered(.timedOut): .noAnswer("no answer came in 30 seconds")
        case .answered(.timedOutAfterAcknowledgement): .noAnswer("no answer came after the acknowledgement")
        case .answered(.tooLarge): .tooLarge
        case .answered(.malformed(let reason)): .malformed(reason)
        case .broken(let reason): .noAnswer(reason)
        }
    }
}

extension ClientResponse {
    fileprivate var refusal: ServiceAnswer {
        switch code {
        case .unauthorized: .unclaimed
        case .forbidden: .forbidden
        case .badRequest, .notAcceptable: .badRequest
        case .unsupportedContentFormat: .wrongFormat
        case .internalServerError, .serviceUnavailable: .overloaded
        default: .unexpected("\(code)")
        }
    }
}
