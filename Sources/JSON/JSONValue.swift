/// One JSON value (RFC 8259), copied out of the reader's memory.
///
/// Equality is exact: the same members in the same order, texts and numbers byte for byte. (Swift compares
/// `String` by canonical equivalence, under which U+212A equals `K`; names from outside must not.)
public enum JSONValue: Sendable {
    case null
    case bool(Bool)
    /// A number written without fraction and exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number, as its source text: nothing is rounded.
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The member of that name, nil if this is not an object or has none.
    public subscript(name: String) -> JSONValue? {
        objectValue?[name]
    }

    /// The members; nil if this is no object.
    public var objectValue: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The elements; nil if this is no array.
    public var arrayValue: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The text; nil if this is no string.
    public var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number; nil if this is no integer of 64 bits.
    public var integerValue: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The truth value; nil if this is none.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// What this is, for messages: `an object`, `a string` and so on.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONValue: Equatable {
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

/// The source text of a number that is not a 64-bit integer, for example `1.5`, `-0` or `1e400`.
public struct JSONNumber: Sendable, Equatable {
    public let text: String

    /// The number with this text; nil if the text is not a number by RFC 8259 section 6.
    public init?(_ text: String) {
        var copy = text
        guard copy.withUTF8({ JSONPrescan.isNumber($0[...]) }) else { return nil }
        self.text = text
    }

    init(checked text: String) {
        self.text = text
    }
}
