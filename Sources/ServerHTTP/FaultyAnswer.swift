import Service

/// An answer, and how it is given.
struct FaultyAnswer: Sendable {
    enum Manner: Sendable {
        case whole
        case slowly
        /// The connection is cut.
        case cut
        /// It never comes.
        case never
    }

    let response: ServiceResponse
    let manner: Manner

    /// What comes of a request under a fault.
    init(_ fault: Fault?, _ respond: () -> ServiceResponse) {
        var response = ServiceResponse(status: 204)
        if fault?.reachesService ?? true { response = respond() }
        var manner = Manner.whole
        switch fault {
        case nil: break
        case .tooMany, .tooManyForNow:
            response = TransportProblem.response(
                429, "rehearsal", "too many requests, for the sake of rehearsal")
            if fault == .tooManyForNow { response.headers.append((name: "Retry-After", value: "1")) }
        case .failed:
            response = TransportProblem.response(500, "rehearsal", "failed, for the sake of rehearsal")
        case .badGateway: response = Self.page(502)
        case .resetBeforeCommit, .resetAfterCommit: manner = .cut
        case .timeoutAfterCommit: manner = .never
        case .slowBody: manner = .slowly
        case .wrongContentType: response = Self.page(response.status)
        case .truncatedJSON: response.body = Array(response.body.prefix(response.body.count / 2))
        case .duplicateDelivery: response = respond()
        }
        self.response = response
        self.manner = manner
    }

    /// What something between the service and its caller says.
    private static func page(_ status: Int) -> ServiceResponse {
        ServiceResponse(
            status: status == 204 ? 200 : status, contentType: "text/html",
            body: Array("<html><body><h1>rehearsal</h1></body></html>\n".utf8))
    }
}
