/// Why one input was rejected: a reason code and a sentence. An element of a result's `failures`.
public struct CheckFailure: Sendable, Equatable {
    public let code: ErrorCode
    public let message: String

    public init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }
}
