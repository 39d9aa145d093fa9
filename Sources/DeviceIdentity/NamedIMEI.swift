/// A number in a text that is, or may be, the IMEI of a device.
public struct NamedIMEI: Sendable, Hashable {
    /// What tells devices apart: the first 14 digits. The 15th is a check digit, an IMEISV has two of a version.
    public let serial: Int64
    /// All 15 digits, where there are so many.
    public let number: Int64?
    /// Whether the text can hardly mean anything else: 15 digits with a right check digit, in one piece or in the groups
    /// in which IMEIs are printed, or a number that is called `nrf-` or `imei`. Any other number of 14 to 16 digits is an
    /// IMEI only if a registry knows it as one; so is one that is part of a longer hexadecimal number, as some digests have.
    public let isCertain: Bool

    private static let layouts = [[15], [14, 1], [2, 6, 6, 1], [6, 2, 6, 1], [8, 6, 1]]

    init(
        _ digits: ArraySlice<UInt8>, isCalledSo: Bool, groups: [Int], isWithinDigest: @autoclosure () -> Bool
    ) {
        serial = digits.prefix(14).reduce(0) { $0 * 10 + Int64($1) }
        number = digits.count == 15 ? digits.reduce(0) { $0 * 10 + Int64($1) } : nil
        let isIMEI =
            Self.layouts.contains(groups) && IMEI.isValid(digits.map { $0 + 0x30 }[...])
        isCertain = (isIMEI || isCalledSo && digits.count >= 15) && !isWithinDigest()
    }
}

extension IMEI {
    /// What tells devices apart: all but the check digit.
    public var serial: Int64 { number / 10 }

    /// The 15 digits as a number.
    public var number: Int64 { description.utf8.reduce(0) { $0 * 10 + Int64($1 & 0x0F) } }
}
