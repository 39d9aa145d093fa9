import JSON
import ProvisioningAPI
import Service

/// Answers of the transport itself: requests that never reach the service.
enum TransportProblem {
    /// An operator reads why; the same body as the service's own refusals.
    static func response(_ status: Int, _ reason: String, _ message: String) -> ServiceResponse {
        var writer = JSONWriter()
        writer.value(ProblemBody(status: status, reason: reason, message: message).json)
        return ServiceResponse(status: status, contentType: "application/json", body: writer.bytes)
    }

    /// A refusal in the form for whom it is for.
    ///
    /// A device knows 400, 401, 403, 415 and 500 only, and reads no body.
    static func response(_ refusal: RequestIntake) -> ServiceResponse {
        refusal.kind == .device
            ? ServiceResponse(status: 400) : response(refusal.status, refusal.reason, refusal.message)
    }

    /// More requests than can be worked on. A device comes back soon after 500, and after nothing else.
    static func overload(_ kind: RequestKind) -> ServiceResponse {
        guard kind != .device else { return ServiceResponse(status: 500) }
        var answer = response(503, "overload", "more requests than can be worked on, try again")
        answer.headers.append((name: "Retry-After", value: "2"))
        return answer
    }
}
