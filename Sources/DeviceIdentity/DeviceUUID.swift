public import Diagnostics

/// The identity of a device: 16 bytes, as in attestation tokens and in the paths of the service.
///
/// Not necessarily an RFC 9562 UUID: real ones begin with ASCII lot characters, so version and variant bits
/// are not judged.
public struct DeviceUUID: Hashable, Sendable, CustomStringConvertible {
    /// The first 8 bytes, big-endian.
    public let high: UInt64
    /// The last 8 bytes, big-endian.
    public let low: UInt64

    /// The identity in exactly 16 bytes, else nil.
    public init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == 16 else { return nil }
        high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The identity from its text, 8-4-4-4-12 hexadecimal digits in either case; throws `usage` otherwise.
    public init(text: String) throws(ToolError) {
        guard let uuid = Self(octets: text.utf8.span) else { throw Self.malformed(text) }
        self = uuid
    }

    /// The same from ASCII, nil for anything else.
    public init?(text: ArraySlice<UInt8>) { self.init(octets: text.span) }

    private init?(octets: borrowing Span<UInt8>) {
        guard octets.count == 36 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for index in 0..<36 {
            let byte = octets[index]
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let nibble = Self.nibble(byte) else { return nil }
            if digits < 16 {
                words.0 = words.0 << 4 | nibble
            } else {
                words.1 = words.1 << 4 | nibble
            }
            digits += 1
        }
        (high, low) = words
    }

    /// The 16 bytes, in text order.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: high >> shift))
        }
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: low >> shift))
        }
        return bytes
    }

    /// Lower-case 8-4-4-4-12, the form of the service.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the 36 octets of ``description``, all of them ASCII letters, digits and hyphens.
    public func append(to text: inout [UInt8]) {
        Self.append(high, from: 60, through: 32, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(high, from: 28, through: 16, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(high, from: 12, through: 0, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(low, from: 60, through: 48, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(low, from: 44, through: 0, to: &text)
    }

    /// The digits of the nibbles at these shifts, which are multiples of four.
    private static func append(_ word: UInt64, from: UInt64, through: UInt64, to text: inout [UInt8]) {
        var shift = from &+ 4
        while shift > through {
            shift &-= 4
            let nibble = UInt8(truncatingIfNeeded: word &>> shift) & 15
            text.append(nibble &+ (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
        }
    }

    private static func nibble(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    private static func malformed(_ text: String) -> ToolError {
        let length = text.unicodeScalars.count
        let shown = length > 64 ? "\(length) characters" : "'\(text)'"
        return ToolError(
            .usage, "expected a device UUID (8-4-4-4-12 hexadecimal digits), found \(shown)")
    }
}
