/// Any well-formed CBOR data item (RFC 8949), with all that its diagnostic notation shows.
///
/// Two items are equal if their encodings are: the same text in another Unicode normalization, the same
/// float in another width and the same map in another order are different items; NaN equals itself.
public enum CBORItem: Sendable {
    /// Major type 0.
    case unsigned(UInt64)
    /// Major type 1: the argument n, which means −1−n.
    case negative(UInt64)
    case byteString([UInt8])
    case textString(String)
    case array([CBORItem])
    /// Pairs in the order of the encoding; a key may occur twice.
    case map([Pair])
    indirect case tagged(UInt64, CBORItem)
    case boolean(Bool)
    case null
    case undefined
    /// A simple value without a case of its own.
    case simple(CBORSimpleValue)
    case float(CBORFloat)
    /// An indefinite-length byte string, chunk by chunk.
    case byteStringChunks([[UInt8]])
    /// An indefinite-length text string, chunk by chunk.
    case textStringChunks([String])
    /// An array of indefinite length.
    case indefiniteArray([CBORItem])
    /// A map of indefinite length.
    case indefiniteMap([Pair])

    /// A key of a map and its value.
    public struct Pair: Equatable, Sendable {
        public let key: CBORItem
        public let value: CBORItem

        /// A key and its value.
        public init(_ key: CBORItem, _ value: CBORItem) {
            self.key = key
            self.value = value
        }
    }
}

extension CBORItem: Equatable {
    /// Compares encodings, because `String` compares by canonical equivalence and floats by value.
    public static func == (left: CBORItem, right: CBORItem) -> Bool {
        left.encode() == right.encode()
    }
}

/// A simple value that is not false, true, null or undefined: 0 to 19 and 32 to 255 (RFC 8949 §3.3).
public struct CBORSimpleValue: Equatable, Sendable {
    public let number: UInt8

    /// Nil for 20 to 31: these have a name or are reserved.
    public init?(_ number: UInt8) {
        guard !(20...31).contains(number) else { return nil }
        self.number = number
    }
}

/// A floating-point number as encoded: IEEE 754 bits in one of three widths (RFC 8949 §3.3).
public enum CBORFloat: Equatable, Sendable {
    case half(bitPattern: UInt16)
    case single(bitPattern: UInt32)
    case double(bitPattern: UInt64)

    /// The number; every half and single is exactly a double.
    public var value: Double {
        switch self {
        case .half(let bits): Double(Float16(bitPattern: bits))
        case .single(let bits): Double(Float(bitPattern: bits))
        case .double(let bits): Double(bitPattern: bits)
        }
    }
}
