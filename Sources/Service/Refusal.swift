import ProvisioningAPI

/// Why a request is refused, as an error so that it undoes what the request had changed.
struct Refusal: Error, Sendable {
    var body: ProblemBody
    var retryAfter: Int64?
    var allow: String?

    init(_ status: Int, _ reason: String, _ message: String, retryAfter: Int64? = nil) {
        body = ProblemBody(status: status, reason: reason, message: message)
        self.retryAfter = retryAfter
    }

    static let unknownDevice = Refusal(
        404, "device-unknown", "expected a device that your team has claimed, found none of this id")
    static let unknownCommand = Refusal(404, "command-unknown", "this device has no command of this id")
    static let unknownRule = Refusal(404, "rule-unknown", "your team has no rule of this id")

    var response: ServiceResponse {
        var response = ServiceResponse(json: body.json, status: body.status)
        if let retryAfter { response.headers.append((name: "Retry-After", value: String(retryAfter))) }
        if let allow { response.headers.append((name: "Allow", value: allow)) }
        if body.status == 401 { response.headers.append((name: "WWW-Authenticate", value: "Bearer")) }
        return response
    }
}
