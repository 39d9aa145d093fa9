/// Why one input was rejected: a reason code and a sentence. An element of a result's `failures`.
///
/// It is an `Error` so that a check can return `Result<Verified…, CheckFailure>`; it is a verdict, not a fault.
public struct CheckFailure: Error, Sendable, Equatable {
    public let code: ErrorCode
    public let message: String
    /// The next step, where there is one beside what the code suggests.
    public let hint: Hint?

    public init(_ code: ErrorCode, _ message: String, hint: Hint? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }
}
