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

    /// The same from a part of a text.
    public init?(text: borrowing Span<UInt8>) { self.init(octets: text) }

    private init?(octets: borrowing Span<UInt8>) {
        let values = Self.nibbles.span
        // Tells the compiler that no octet is beyond the table.
        guard octets.count == 36, values.count == 256 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        var seen: UInt8 = 0
        for index in 0..<36 {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard octets[index] == UInt8(ascii: "-") else { return nil }
                continue
            }
            let nibble = values[Int(octets[index])]
            seen |= nibble
            if index < 18 {
                words.0 = words.0 << 4 | UInt64(nibble & 15)
            } else {
                words.1 = words.1 << 4 | UInt64(nibble & 15)
            }
        }
        // Values are at most 15: what is no digit shows in the top bit.
        guard seen & 0x80 == 0 else { return nil }
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
        let (a, b) = (Self.digits(high >> 32), Self.digits(high))
        let (c, d) = (Self.digits(low >> 32), Self.digits(low))
        let dash = UInt8(ascii: "-")
        func octet(_ word: UInt64, _ index: UInt64) -> UInt8 {
            UInt8(truncatingIfNeeded: word >> (56 - 8 * index))
        }
        return [
            octet(a, 0), octet(a, 1), octet(a, 2), octet(a, 3), octet(a, 4), octet(a, 5), octet(a, 6),
            octet(a, 7),
            dash, octet(b, 0), octet(b, 1), octet(b, 2), octet(b, 3),
            dash, octet(b, 4), octet(b, 5), octet(b, 6), octet(b, 7),
            dash, octet(c, 0), octet(c, 1), octet(c, 2), octet(c, 3),
            dash, octet(c, 4), octet(c, 5), octet(c, 6), octet(c, 7),
            octet(d, 0), octet(d, 1), octet(d, 2), octet(d, 3), octet(d, 4), octet(d, 5), octet(d, 6),
            octet(d, 7),
        ]
    }

    /// Appends ``textBytes``.
    public func append(to text: inout [UInt8]) { text.append(contentsOf: textBytes) }

    /// The eight digits of the low 32 bits of `word`, the first in the highest octet.
    private static func digits(_ word: UInt64) -> UInt64 {
        var spread = word & 0xffff_ffff
        spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff
        spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff
        spread = (spread | spread << 4) & 0x0f0f_0f0f_0f0f_0f0f
        // All eight at once: a value of 10 or more reaches 16 with 6 added, and its digit is further up by 39.
        let letters = (spread &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return spread &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }

    /// The value of each digit; 0xff for what is none.
    private static let nibbles: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for digit in UInt8(0)..<10 { values[Int(UInt8(ascii: "0") + digit)] = digit }
        for letter in UInt8(0)..<6 {
            values[Int(UInt8(ascii: "a") + letter)] = 10 + letter
            values[Int(UInt8(ascii: "A") + letter)] = 10 + letter
        }
        return values
    }()

    private static func malformed(_ text: String) -> ToolError {
        let length = text.unicodeScalars.count
        let shown = length > 64 ? "\(length) characters" : "'\(text)'"
        return ToolError(
            .usage, "expected a device UUID (8-4-4-4-12 hexadecimal digits), found \(shown)")
    }
}
