public import Diagnostics

/// Why text is not a token: a reason code and a sentence with the place, without the text itself.
public struct TokenError: Error, Equatable, Sendable {
    public let code: ErrorCode
    public let message: String

    init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The same as an element of `failures`.
    public var failure: CheckFailure { CheckFailure(code, message) }
}
