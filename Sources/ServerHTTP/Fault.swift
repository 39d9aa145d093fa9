/// What a rehearsal may do to an operator's request.
package enum Fault: String, CaseIterable, Sendable {
    /// Too many requests, without a word on how long to wait; the service does nothing.
    case tooMany = "429"
    /// The same with `Retry-After`.
    case tooManyForNow = "429-retry-after"
    /// The service does nothing and says that it failed.
    case failed = "500"
    /// The service does what it was asked, and something between says that it failed.
    case badGateway = "502"
    /// The connection is cut before the service does anything.
    case resetBeforeCommit = "reset-before-commit"
    /// The connection is cut instead of the answer.
    case resetAfterCommit = "reset-after-commit"
    /// The answer never comes.
    case timeoutAfterCommit = "timeout-after-commit"
    /// The answer comes in pieces, with pauses.
    case slowBody = "slow-body"
    /// A page for people instead of the answer.
    case wrongContentType = "wrong-content-type"
    /// Half of the answer, as if it were all.
    case truncatedJSON = "truncated-json"
    /// The service gets the request twice.
    case duplicateDelivery = "duplicate-delivery"

    /// Whether the service gets the request at all.
    var reachesService: Bool {
        switch self {
        case .tooMany, .tooManyForNow, .failed, .resetBeforeCommit: false
        default: true
        }
    }
}
