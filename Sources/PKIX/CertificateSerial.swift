/// A certificate's serial number: positive and at most 20 octets as an INTEGER (RFC 5280 section 4.1.2.2).
public struct CertificateSerial: Hashable, Sendable, CustomStringConvertible {
    /// Big-endian, without leading zeros, 1…20 octets, 20 only with the top bit clear.
    public let magnitude: [UInt8]

    /// The number with these big-endian octets; nil for zero and for more than 20 octets of INTEGER.
    public init?(magnitude: some Collection<UInt8>) { self.init(magnitude: Array(magnitude)) }

    /// The same, without a copy.
    public init?(magnitude: [UInt8]) {
        let digits = magnitude.first == 0 ? Array(magnitude.drop { $0 == 0 }) : magnitude
        guard let first = digits.first, digits.count < 20 || (digits.count == 20 && first < 0x80) else {
            return nil
        }
        self.magnitude = digits
    }

    /// A number from 9…20 random octets, nil for other counts.
    ///
    /// The top two bits become 01: the number is positive, its INTEGER is as long as `octets`, and all other
    /// bits are the caller's.
    public init?(random octets: [UInt8]) {
        guard (9...20).contains(octets.count) else { return nil }
        self.init(magnitude: [octets[0] & 0x3F | 0x40] + octets.dropFirst())
    }

    /// A number of 16 random octets after four that rise with time, nil for another count of octets.
    ///
    /// 128 random bits are what nobody can guess. The rising octets in front keep the numbers of one day together in an
    /// index: wholly random ones would touch a page of it each.
    ///
    /// - Parameter time: seconds since 1970; the octets are those since 2020, without their top bit.
    public init?(random octets: [UInt8], at time: Int64) { self.init(random: octets[...], at: time) }

    /// The same from a part of an array.
    public init?(random octets: ArraySlice<UInt8>, at time: Int64) {
        guard octets.count == 16 else { return nil }
        let second = UInt32(clamping: time &- 1_577_836_800) & 0x7FFF_FFFF
        var number: [UInt8] = []
        number.reserveCapacity(20)
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            number.append(UInt8(truncatingIfNeeded: second >> shift))
        }
        number.append(contentsOf: octets)
        self.init(magnitude: number)
    }

    /// Lower-case hexadecimal, two digits an octet.
    public var description: String { hexadecimal(magnitude) }

    /// Parses ``description``; upper case and colons between octets are read too.
    public init?(_ text: String) {
        var octets: [UInt8] = []
        var high: UInt8?
        for character in text where character != ":" {
            guard character.isASCII,
                let digit = character.hexDigitValue.map({ UInt8(truncatingIfNeeded: $0) }),
                octets.count < 21
            else { return nil }
            if let first = high {
                octets.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil else { return nil }
        self.init(magnitude: octets)
    }
}
