public import Diagnostics

/// Why text is not a JWT: a reason code and a sentence with the place, without the text itself.
public struct JWTError: Error, Equatable, Sendable {
    public let code: ErrorCode
    public let message: String

    init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The same as an element of `failures`.
    public var failure: CheckFailure { CheckFailure(code, message) }
}

extension String {
    /// Text from a token in a message: in quotes, or only its length if it is long.
    var shown: String {
        utf8.count <= 80 ? "'\(self)'" : "a text of \(utf8.count) bytes"
    }

    /// Equality of bytes: Swift's own `==` is canonical equivalence, under which U+212A equals K.
    func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
