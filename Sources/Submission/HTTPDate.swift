/// Dates of HTTP (RFC 9110 section 5.6.7), in the three forms that a recipient has to know.
package enum HTTPDate {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// Seconds since 1970; `nil` for what is no date.
    ///
    /// - Parameter now: seconds since 1970, by which a year of two digits is read.
    package static func seconds(_ text: String, now: Int64) -> Int64? {
        var words = text.lowercased().split(whereSeparator: { $0 == " " || $0 == "," || $0 == "-" })
        guard (5...6).contains(words.count) else { return nil }
        // `Sun Nov  6 08:49:37 1994` is without a zone, and the month stands before the day.
        if words.count == 5 {
            words = [words[0], words[2], words[1], words[4], words[3], "gmt"]
        }
        guard words[5] == "gmt", let day = number(words[1], 1...31),
            let month = months.firstIndex(where: { $0 == words[2] }),
            let year = year(words[3], now: now)
        else { return nil }
        let clock = words[4].split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, let hour = number(clock[0], 0...23),
            let minute = number(clock[1], 0...59),
            // A leap second is the one after it.
            let second = number(clock[2], 0...60)
        else { return nil }
        let days = days(year: year, month: Int64(month) + 1, day: day)
        return days * 86_400 + hour * 3_600 + minute * 60 + second
    }

    /// A year of two digits is the one that is at most 50 years ahead.
    private static func year(_ text: Substring, now: Int64) -> Int64? {
        if text.utf8.count == 4 { return number(text, 1...9_999) }
        guard text.utf8.count == 2, let digits = number(text, 0...99) else { return nil }
        let current = 1970 + now / 31_556_952
        let year = current - current % 100 + digits
        return year > current + 50 ? year - 100 : year
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int64>) -> Int64? {
        guard text.utf8.count <= 4, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
            let value = Int64(text),
            range.contains(value)
        else { return nil }
        return value
    }

    /// Days since 1970 in the Gregorian calendar; years begin in March, so that the leap day is the last.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let (year, month) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
        let cycle = (year >= 0 ? year : year - 399) / 400
        let yearOfCycle = year - cycle * 400
        let dayOfYear = (153 * month + 2) / 5 + day - 1
        return cycle * 146_097 + yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
            - 719_468
    }
}
