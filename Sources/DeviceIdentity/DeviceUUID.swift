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
        let (a, b) = (high, low)
        func octet(_ word: UInt64, _ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: word >> shift) }
        // A literal: an append for each octet costs more than the octet.
        return [
            octet(a, 56), octet(a, 48), octet(a, 40), octet(a, 32), octet(a, 24), octet(a, 16), octet(a, 8),
            octet(a, 0),
            octet(b, 56), octet(b, 48), octet(b, 40), octet(b, 32), octet(b, 24), octet(b, 16), octet(b, 8),
            octet(b, 0),
        ]
    }

    /// Lower-case 8-4-4-4-12, the form of the service.
    public var description: String { String(decoding: textBytes, as: UTF8.self) }

    /// ``description`` in ASCII, 36 bytes.
    public var textBytes: [UInt8] {
        var text = Self.pattern
        var digits = text.mutableSpan
        var place = 0
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { place += 1 }
            let word = index < 16 ? high : low
            let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (index & 15))) & 15
            digits[place] = nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
            place += 1
        }
        return text
    }

    private static let pattern = Array("00000000-0000-0000-0000-000000000000".utf8)

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
