package import JSON

/// The body of a refusal: always `message`, which is what clients read, and the members of RFC 9457 beside
/// it.
package struct ProblemBody: Sendable, Equatable {
    package let status: Int
    /// One sentence for people: what was expected and what was found.
    package let message: String
    /// A stable reason for programs, for example `already-claimed`.
    package let reason: String

    package init(status: Int, reason: String, message: String) {
        self.status = status
        self.message = message
        self.reason = reason
    }

    /// What the status is called.
    package static func title(of status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        default: "Error"
        }
    }

    package var json: JSONValue {
        .object([
            MemberName.message: .string(message),
            MemberName.type: .string("about:blank"),
            MemberName.title: .string(Self.title(of: status)),
            MemberName.status: .integer(Int64(status)),
            MemberName.detail: .string(message),
            MemberName.reason: .string(reason),
        ])
    }
}
