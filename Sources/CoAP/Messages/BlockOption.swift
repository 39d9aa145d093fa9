/// The value of Block1 and Block2: which block of a body this is (RFC 7959 section 2.2).
public struct BlockOption: Sendable, Hashable {
    /// How large blocks are: 2 to the power of SZX + 4, so 16 to 1,024 octets.
    public struct Size: Sendable, Hashable, Comparable {
        /// 0 to 6.
        public let exponent: UInt8

        /// nil for the reserved 7 and above.
        public init?(exponent: UInt8) {
            guard exponent <= 6 else { return nil }
            self.exponent = exponent
        }

        /// The largest size of at most so many octets, 16 at least.
        public init(fitting octets: Int) {
            exponent = (0...6).last { 16 << Int($0) <= octets } ?? 0
        }

        private init(known exponent: UInt8) { self.exponent = exponent }

        public static let octets256 = Size(known: 4)
        public static let octets512 = Size(known: 5)
        public static let octets1024 = Size(known: 6)

        public var octets: Int { 16 << Int(exponent) }

        public static func < (left: Size, right: Size) -> Bool { left.exponent < right.exponent }
    }

    /// The highest number of a block: 20 bits.
    public static let maximumNumber = 1 << 20 - 1

    /// From 0.
    public let number: Int
    /// Whether blocks follow.
    public let isMore: Bool
    public let size: Size

    /// nil for a number outside 20 bits.
    public init?(number: Int, isMore: Bool, size: Size) {
        guard 0...Self.maximumNumber ~= number else { return nil }
        self.number = number
        self.isMore = isMore
        self.size = size
    }

    /// nil for the reserved size 7 and for more than 24 bits.
    public init?(_ option: MessageOption) {
        guard let value = option.number32, value < 1 << 24, let size = Size(exponent: UInt8(value & 7)) else {
            return nil
        }
        self.init(number: Int(value >> 4), isMore: value & 8 != 0, size: size)
    }

    /// Where in the body the block starts, in octets.
    public var offset: Int { number * size.octets }

    /// As Block1 or Block2.
    public func option(_ number: OptionNumber) -> MessageOption {
        let value = UInt32(truncatingIfNeeded: self.number) << 4 | (isMore ? 8 : 0) | UInt32(size.exponent)
        return MessageOption(number, value)
    }
}
