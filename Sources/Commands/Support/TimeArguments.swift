import ArgumentParser

/// A point in time as an option's value: RFC 3339, or seconds since 1970.
struct TimeArgument: ExpressibleByArgument, Equatable, Sendable {
    /// Since 1970; 0…253402300799, the end of the year 9999.
    let seconds: Int64

    init?(argument: String) {
        let text = Array(argument.utf8)
        if text.count <= 12, let number = Self.number(text[...]) {
            guard number <= 253_402_300_799 else { return nil }
            seconds = number
            return
        }
        guard text.count >= 20, let time = Self.dateAndTime(text[..<19]),
            let offset = Self.offset(text[19...].drop(while: Self.isFraction(after: text)))
        else { return nil }
        let shifted = time - offset
        guard (0...253_402_300_799).contains(shifted) else { return nil }
        seconds = shifted
    }

    /// The fraction of a second is dropped: a full stop and digits.
    private static func isFraction(after text: [UInt8]) -> (UInt8) -> Bool {
        let hasFraction = text.count > 20 && text[19] == UInt8(ascii: ".") && isDigit(text[20])
        return { hasFraction && ($0 == UInt8(ascii: ".") || isDigit($0)) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard !digits.isEmpty, digits.count <= 12, digits.allSatisfy(isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    /// `2026-02-03T04:05:06`, as seconds since 1970.
    private static func dateAndTime(_ text: ArraySlice<UInt8>) -> Int64? {
        let bytes = Array(text)
        let separators: [(Int, String)] = [(4, "-"), (7, "-"), (10, "Tt "), (13, ":"), (16, ":")]
        guard bytes.count == 19, separators.allSatisfy({ $0.1.utf8.contains(bytes[$0.0]) }),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let day = number(bytes[8..<10]),
            let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]),
            let second = number(bytes[17..<19]),
            (1...12).contains(month), (1...daysInMonth(month, year)).contains(day), hour < 24, minute < 60,
            second < 60
        else { return nil }
        return days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// `Z`, `+hh:mm` or `-hh:mm`, as seconds east of Greenwich.
    private static func offset(_ text: ArraySlice<UInt8>) -> Int64? {
        let bytes = Array(text)
        if bytes == [UInt8(ascii: "Z")] || bytes == [UInt8(ascii: "z")] { return 0 }
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"), let hours = number(bytes[1..<3]),
            let minutes = number(bytes[4..<6]), hours < 24, minutes < 60
        else { return nil }
        switch bytes[0] {
        case UInt8(ascii: "+"): return hours * 3600 + minutes * 60
        case UInt8(ascii: "-"): return -(hours * 3600 + minutes * 60)
        default: return nil
        }
    }

    private static func daysInMonth(_ month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970 of a date in the years 0…9999; years are counted from March, so that the leap day comes last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let marchYear = month > 2 ? year + 400 : year + 399
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468
            - 146_097
    }
}

/// A span of time as an option's value: a number with `s`, `m`, `h` or `d`, or of seconds without one.
struct DurationArgument: ExpressibleByArgument, Equatable, Sendable {
    /// 0…3,155,760,000 (a hundred years).
    let seconds: Int64

    init?(argument: String) {
        var digits = Array(argument.utf8)[...]
        let unit: Int64
        switch digits.last {
        case UInt8(ascii: "s"): unit = 1
        case UInt8(ascii: "m"): unit = 60
        case UInt8(ascii: "h"): unit = 3600
        case UInt8(ascii: "d"): unit = 86_400
        default: unit = 0
        }
        if unit > 0 { digits.removeLast() }
        guard !digits.isEmpty, digits.count <= 10, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        let value = digits.reduce(0 as Int64) { $0 * 10 + Int64($1 - 0x30) } * max(unit, 1)
        guard value <= 3_155_760_000 else { return nil }
        seconds = value
    }
}
