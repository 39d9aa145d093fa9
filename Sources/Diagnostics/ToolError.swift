/// The one error type that is shown: what went wrong, where, and the next step.
///
/// Wrappers throw their own typed errors; each layer adds what only it knows and turns them into this.
/// Messages are lower case without a full stop and say what was expected and what was found. No field may
/// hold a secret or a whole token.
public struct ToolError: Error, Sendable, Equatable {
    /// One fact about where the error happened, for example `file` and `tokens.csv:3`.
    public struct Context: Sendable, Equatable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public let code: ErrorCode
    public var message: String
    /// Ordered, outermost first; already free of secrets.
    public var context: [Context]
    public var hint: Hint?

    public init(_ code: ErrorCode, _ message: String, context: [Context] = [], hint: Hint? = nil) {
        self.code = code
        self.message = message
        self.context = context
        self.hint = hint
    }

    /// The same error with one more fact before the others.
    public func at(_ name: String, _ value: String) -> ToolError {
        var copy = self
        copy.context.insert(Context(name, value), at: 0)
        return copy
    }

    public var exitStatus: ExitStatus { code.exitStatus }
}
