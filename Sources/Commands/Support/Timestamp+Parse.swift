extension Timestamp {
    /// The last second of the year 9999.
    static let last: Int64 = 253_402_300_799

    /// The time that the user names: RFC 3339 (`2026-02-03T04:05:06Z`, also with an offset or fractions, which are
    /// dropped) or whole seconds since 1970; `nil` for everything else and for times outside 1970…9999.
    ///
    /// A leap second (`:60`) is refused: seconds since 1970 have no place for it.
    static func parse(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        let seconds = bytes.allSatisfy(isDigit) ? number(bytes, maximum: 12) : dateTime(bytes)
        guard let seconds, 0...last ~= seconds else { return nil }
        return seconds
    }

    private static func dateTime(_ bytes: [UInt8]) -> Int64? {
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] | 0x20 == UInt8(ascii: "t"), bytes[13] == colon, bytes[16] == colon,
            let year = number(bytes[0..<4], maximum: 4), let month = number(bytes[5..<7], maximum: 2),
            let day = number(bytes[8..<10], maximum: 2), let hour = number(bytes[11..<13], maximum: 2),
            let minute = number(bytes[14..<16], maximum: 2), let second = number(bytes[17..<19], maximum: 2),
            1...12 ~= month, day >= 1, day <= daysIn(month, year), hour < 24, minute < 60, second < 60
        else { return nil }
        var rest = bytes[19...]
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: isDigit)
            guard !fraction.isEmpty else { return nil }
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard let offset = offset(Array(rest)) else { return nil }
        return days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
    }

    /// `Z` or `+hh:mm`, in seconds.
    private static func offset(_ text: [UInt8]) -> Int64? {
        if text.count == 1, text[0] | 0x20 == UInt8(ascii: "z") { return 0 }
        guard text.count == 6, text[3] == colon,
            text[0] == UInt8(ascii: "+") || text[0] == UInt8(ascii: "-"),
            let hour = number(text[1..<3], maximum: 2), let minute = number(text[4..<6], maximum: 2),
            hour < 24, minute < 60
        else { return nil }
        return (hour * 3600 + minute * 60) * (text[0] == UInt8(ascii: "-") ? -1 : 1)
    }

    private static let colon = UInt8(ascii: ":")

    private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

    /// At most `maximum` digits, so that nothing overflows.
    private static func number(_ digits: some Collection<UInt8>, maximum: Int) -> Int64? {
        guard 1...maximum ~= digits.count, digits.allSatisfy(isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    private static func daysIn(_ month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970, in years that begin in March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        // One era of 400 years more keeps January of the year 0 positive.
        let shifted = (month > 2 ? year : year - 1) + 400
        let era = shifted / 400
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return (era - 1) * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
