/// Times as RFC 3339 writes them, as seconds since 1970.
public enum InternetTime {
    /// RFC 3339 in UTC with whole seconds, for example `2026-02-03T04:05:06Z`.
    ///
    /// - Parameter seconds: since 1970; years 0…9999.
    public static func text(_ seconds: Int64) -> String {
        let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let second = seconds - day * 86_400
        let (year, month, date) = Calendar.date(day)
        var text: [UInt8] = []
        text.append(contentsOf: pattern)
        var digits = text.mutableSpan
        digits.writeTwoDigits(year / 100, at: 0)
        digits.writeTwoDigits(year, at: 2)
        digits.writeTwoDigits(month, at: 5)
        digits.writeTwoDigits(date, at: 8)
        digits.writeTwoDigits(second / 3600, at: 11)
        digits.writeTwoDigits(second / 60 % 60, at: 14)
        digits.writeTwoDigits(second % 60, at: 17)
        return String(decoding: text, as: UTF8.self)
    }

    /// The same for any number of seconds: what is outside the years 1970…9999 is told as their first or last second.
    public static func clamped(_ seconds: Int64) -> String { text(min(max(seconds, 0), DERTime.latest)) }

    private static let pattern = Array("0000-00-00T00:00:00Z".utf8)

    /// Seconds since 1970 of a date and time with `Z` or an offset, years 0…9999 (`2026-02-03T04:05:06Z`);
    /// fractions are dropped, `nil` for everything else.
    ///
    /// A leap second (`:60`) is refused: seconds since 1970 have no place for it.
    public static func seconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] | 0x20 == UInt8(ascii: "t"), bytes[13] == colon, bytes[16] == colon,
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let day = number(bytes[8..<10]), let hour = number(bytes[11..<13]),
            let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
            1...12 ~= month, day >= 1, day <= Calendar.daysInMonth(month, year), hour < 24, minute < 60,
            second < 60
        else { return nil }
        var rest = bytes[19...]
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: isDigit)
            guard !fraction.isEmpty else { return nil }
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard let offset = offset(Array(rest)) else { return nil }
        return Calendar.daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
    }

    /// `Z` or `±hh:mm`, in seconds east of Greenwich.
    private static func offset(_ text: [UInt8]) -> Int64? {
        if text.count == 1, text[0] | 0x20 == UInt8(ascii: "z") { return 0 }
        guard text.count == 6, text[3] == colon,
            text[0] == UInt8(ascii: "+") || text[0] == UInt8(ascii: "-"),
            let hour = number(text[1..<3]), let minute = number(text[4..<6]), hour < 24, minute < 60
        else { return nil }
        return (hour * 3600 + minute * 60) * (text[0] == UInt8(ascii: "-") ? -1 : 1)
    }

    private static let colon = UInt8(ascii: ":")

    private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

    /// Called with four digits at the most, so that nothing overflows.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        digits.allSatisfy(isDigit) ? digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) } : nil
    }
}
