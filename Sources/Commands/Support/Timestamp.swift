/// Times as results print them.
enum Timestamp {
    /// RFC 3339 in UTC with whole seconds, for example `2026-02-03T04:05:06Z`.
    ///
    /// - Parameter seconds: since 1970; years 0…9999.
    static func text(_ seconds: Int64) -> String {
        let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let second = seconds - day * 86_400
        // Years that begin in March, in eras of 400 years, so that the leap day comes last.
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * month + 2) / 5 + 1
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        var text: [UInt8] = []
        text.reserveCapacity(20)
        append(year, 4, UInt8(ascii: "-"), &text)
        append(month < 10 ? month + 3 : month - 9, 2, UInt8(ascii: "-"), &text)
        append(date, 2, UInt8(ascii: "T"), &text)
        append(second / 3600, 2, UInt8(ascii: ":"), &text)
        append(second / 60 % 60, 2, UInt8(ascii: ":"), &text)
        append(second % 60, 2, UInt8(ascii: "Z"), &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ value: Int64, _ digits: Int, _ end: UInt8, _ text: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
        text.append(end)
    }
}
