/// Why bytes are not the CBOR that was expected, and where (RFC 8949).
public struct CBORError: Error, Equatable, Sendable {
    /// What kind of data item was expected.
    public enum Kind: String, Equatable, Sendable {
        case unsignedInteger = "an unsigned integer"
        case integer = "an integer"
        case byteString = "a byte string"
        case textString = "a text string"
        case array = "an array"
        case map = "a map"
        case tag = "a tag"
        case null = "null"
    }

    /// What is wrong at ``CBORError/offset``.
    public enum Reason: Equatable, Sendable {
        /// A data item was expected where the input ends.
        case endOfInput
        /// The item at the offset needs this many bytes after its first; fewer are left.
        case truncated(needed: UInt64, available: Int)
        /// The item is of another type; `found` is its initial byte.
        case unexpectedType(expected: Kind, found: UInt8)
        /// An integer or length in more bytes than it needs (RFC 8949 §4.2.1).
        case notShortest
        /// An indefinite-length item where only definite lengths are allowed.
        case indefiniteLength
        /// Additional information 28 to 30, or 31 where it has no meaning (RFC 8949 §3).
        case reservedAdditionalInformation(UInt8)
        /// A simple value below 32 written in two bytes (RFC 8949 §3.3).
        case reservedSimpleValue(UInt8)
        /// A "break" stop code outside an indefinite-length item, or where a map needs a value.
        case unexpectedBreak
        /// A chunk of an indefinite-length string that is not a definite-length string of the same type.
        case invalidChunk(found: UInt8)
        /// An integer that does not fit into 64 bits with sign.
        case integerOutOfRange
        /// More elements (or pairs) are declared than the bytes left could hold.
        case countExceedsInput(count: UInt64, available: Int)
        /// Ill-formed UTF-8 in a text string.
        case invalidUTF8
        /// A map holds the same key twice; the offset is that of the second.
        case duplicateKey
        /// More arrays, maps and tags inside one another than the limit allows.
        case tooDeep(limit: Int)
        /// More data items than the limit allows.
        case tooManyItems(limit: Int)
        /// Bytes follow the end of the item.
        case trailingBytes(Int)
    }

    /// Offset in bytes from the start of the input array: the initial byte of the item at fault, for
    /// ill-formed UTF-8 the first byte of the ill-formed sequence.
    public let offset: Int
    /// What is wrong there.
    public let reason: Reason

    /// An error at a byte offset.
    public init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }

    /// One sentence for people: lower case, what was expected and what was found, with the offset.
    public var message: String { "\(reason.description) at byte \(offset)" }
}

extension CBORError.Reason {
    fileprivate var description: String {
        switch self {
        case .endOfInput: "expected a CBOR data item, found the end of the input"
        case .truncated(let needed, let available):
            "expected \(needed) more bytes of a CBOR data item, found \(available)"
        case .unexpectedType(let expected, let found):
            "expected \(expected.rawValue), found \(Self.name(ofInitialByte: found))"
        case .notShortest: "expected the shortest CBOR encoding of a number, found a longer one"
        case .indefiniteLength: "expected a definite length, found an indefinite one"
        case .reservedAdditionalInformation(let value):
            "expected CBOR additional information 0 to 27, found reserved value \(value)"
        case .reservedSimpleValue(let value):
            "expected a two-byte simple value from 32 up, found \(value)"
        case .unexpectedBreak: "expected a CBOR data item, found a break code"
        case .invalidChunk(let found):
            "expected a definite-length chunk of the same string type, found "
                + Self.name(ofInitialByte: found)
        case .integerOutOfRange: "expected an integer of 64 bits with sign, found a larger one"
        case .countExceedsInput(let count, let available):
            "expected no more elements than the input can hold, found \(count) declared with \(available) "
                + "bytes left"
        case .invalidUTF8: "expected UTF-8 in a text string, found an ill-formed sequence"
        case .duplicateKey: "expected different keys in a map, found the same one twice"
        case .tooDeep(let limit): "expected at most \(limit) nested arrays, maps and tags, found more"
        case .tooManyItems(let limit): "expected at most \(limit) data items, found more"
        case .trailingBytes(let count): "expected the end of the CBOR data, found \(count) more bytes"
        }
    }

    private static func name(ofInitialByte byte: UInt8) -> String {
        switch byte >> 5 {
        case 0: "an unsigned integer"
        case 1: "a negative integer"
        case 2: "a byte string"
        case 3: "a text string"
        case 4: "an array"
        case 5: "a map"
        case 6: "a tag"
        default:
            switch byte & 0x1f {
            case 20: "false"
            case 21: "true"
            case 22: "null"
            case 23: "undefined"
            case 25...27: "a floating-point number"
            case 31: "a break code"
            default: "a simple value"
            }
        }
    }
}
