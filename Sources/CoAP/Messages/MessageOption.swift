/// An option of a message: its number and its value as it was received (RFC 7252 section 5.4).
public struct MessageOption: Sendable, Hashable {
    /// The longest value that can be written: 65,535 and what the extended length starts at.
    public static let maximumLength = 65_535 + 269

    public let number: OptionNumber
    public let value: [UInt8]

    /// nil for a value longer than ``maximumLength``.
    public init?(_ number: OptionNumber, _ value: [UInt8]) {
        guard value.count <= Self.maximumLength else { return nil }
        self.init(number, unchecked: value)
    }

    /// A number in as few octets as it needs: 0 in none (RFC 7252 section 3.2).
    public init(_ number: OptionNumber, _ value: UInt32) {
        let octets = stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
        self.init(number, unchecked: Array(octets.drop { $0 == 0 }))
    }

    init(_ number: OptionNumber, unchecked value: [UInt8]) {
        self.number = number
        self.value = value
    }

    /// The value as a number; leading zeros count for nothing. nil above 32 bits.
    public var number32: UInt32? {
        let digits = value.drop { $0 == 0 }
        guard digits.count <= 4 else { return nil }
        return digits.reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The value as text; what is not UTF-8 is replaced, so that it equals no name of ours.
    public var text: String { String(decoding: value, as: UTF8.self) }
}
