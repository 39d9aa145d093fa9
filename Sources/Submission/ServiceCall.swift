/// A request to a service, without the key that the transport adds.
package struct ServiceCall: Sendable, Equatable {
    package var method: String
    package var url: String
    package var contentType: String?
    package var body: [UInt8]
    /// What a service that knows `Idempotency-Key` takes once only.
    package var idempotencyKey: String?

    /// Whether the API key goes with it.
    package var needsKey = true

    package init(
        method: String, url: String, contentType: String? = nil, body: [UInt8] = [],
        idempotencyKey: String? = nil
    ) {
        self.idempotencyKey = idempotencyKey
        self.method = method
        self.url = url
        self.contentType = contentType
        self.body = body
    }
}

/// What a service answered, whole.
package struct ServiceAnswer: Sendable, Equatable {
    package var status: Int
    package var contentType: String?
    /// The seconds of `Retry-After`.
    package var retryAfter: Int64?
    /// The time of a `Retry-After` that is a date, in seconds since 1970.
    package var retryAt: Int64?
    package var body: [UInt8]

    package init(
        status: Int, contentType: String? = nil, retryAfter: Int64? = nil, retryAt: Int64? = nil,
        body: [UInt8] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.retryAfter = retryAfter
        self.retryAt = retryAt
        self.body = body
    }
}

/// What came of one request.
package enum TransportOutcome: Sendable, Equatable {
    case answer(ServiceAnswer)
    /// Nothing of it was written: the service was not reached.
    case notSent(String)
    /// It may have been written, and no whole answer came.
    case unanswered(String)
    /// What came is no answer of HTTP.
    case senseless(String)
}

/// Sends requests, each once; from any number of threads.
package protocol ServiceTransport: Sendable {
    func send(_ call: ServiceCall) -> TransportOutcome
}
