public import Diagnostics

/// What the inputs of a run are called.
public struct Noun: Sendable {
    /// `request`; several are `requests`.
    public let name: String
    /// The reason code of an input that holds none.
    let code: ErrorCode
    /// What was expected of such an input: `a request`.
    let expected: String

    public init(_ name: String, _ code: ErrorCode, expected: String) {
        self.name = name
        self.code = code
        self.expected = expected
    }
}
