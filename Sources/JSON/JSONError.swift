public import Diagnostics

/// Why a text is not JSON that we accept, and where.
public struct JSONError: Error, Sendable, Equatable {
    /// The kind of trouble.
    public enum Reason: String, Sendable {
        /// Not JSON by RFC 8259.
        case syntax
        /// The text ends before the value does.
        case incomplete
        /// Something follows the value.
        case trailingData
        case invalidUTF8
        /// Two members of one object have one name.
        case duplicateName
        case tooLong
        case tooDeep
        case tooManyValues
        /// The reader's own trouble: no memory, or a contradiction between the two passes.
        case internalFault
    }

    public let reason: Reason
    /// Lower case, without input text: a stretch of a damaged document may be a secret.
    public let message: String
    /// 1-based; 0 where there is no place to name.
    public let line: Int
    /// 1-based, in characters: where reading stopped, the end of the offending token.
    public let column: Int
    /// Bytes read up to and with that character.
    public let byteOffset: Int

    /// An error at a place; see the members.
    public init(reason: Reason, message: String, line: Int, column: Int, byteOffset: Int) {
        self.reason = reason
        self.message = message
        self.line = line
        self.column = column
        self.byteOffset = byteOffset
    }

    /// The error as it is shown, with the place as context.
    public var toolError: ToolError {
        let code: ErrorCode = reason == .internalFault ? .internalFault : .json
        let place = line > 0 ? [ToolError.Context("position", "line \(line), column \(column)")] : []
        return ToolError(code, message, context: place)
    }
}

/// How much a reader takes from one text: bounds on the memory and stack that hostile input can cost.
public struct JSONLimits: Sendable {
    /// 16 MiB, 128 levels, 500,000 values.
    public static let standard = JSONLimits()

    /// Bytes of one text.
    public var bytes: Int
    /// Arrays and objects open at the same time, at most 512.
    public var depth: Int
    /// Values in one text, members and elements included.
    public var values: Int

    /// Limits; a depth beyond 512 becomes 512.
    public init(bytes: Int = 16 * 1024 * 1024, depth: Int = 128, values: Int = 500_000) {
        self.bytes = bytes
        // Reading and freeing recurse; 512 levels fit the smallest thread stack with room to spare.
        self.depth = min(depth, 512)
        self.values = values
    }
}
