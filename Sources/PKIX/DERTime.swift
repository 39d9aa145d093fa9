/// UTCTime and GeneralizedTime as RFC 5280 sections 4.1.2.5.1 and 4.1.2.5.2 restrict them.
public enum DERTime {
    /// The first second of 1950, the earliest that UTCTime can say.
    public static let earliest: Int64 = -631_152_000
    /// The first second of 2050: from here on GeneralizedTime is written.
    public static let firstGeneralized: Int64 = 2_524_608_000
    /// The last second of 9999, which also stands for «no well-defined expiration».
    public static let latest: Int64 = 253_402_300_799

    /// Seconds since 1970 of a UTCTime or GeneralizedTime: with seconds, in UTC (`Z`), no fraction.
    public static func seconds(_ reader: DERReader, _ element: DERReader.Element) throws(DERError) -> Int64 {
        let yearDigits: Int
        switch element.tag {
        case .utcTime: yearDigits = 2
        case .generalizedTime: yearDigits = 4
        default: throw DERError(element.start, "expected UTCTime or GeneralizedTime")
        }
        let text = reader.bytes[element.content]
        guard text.count == yearDigits + 11, text.last == UInt8(ascii: "Z"),
            text.dropLast().allSatisfy({ (0x30...0x39).contains($0) })
        else { throw DERError(element.start, "expected a time of \(yearDigits + 10) digits and Z") }
        var position = text.startIndex
        func number(_ count: Int) -> Int64 {
            var value: Int64 = 0
            for _ in 0..<count {
                value = value * 10 + Int64(text[position] - 0x30)
                position += 1
            }
            return value
        }
        var year = number(yearDigits)
        if yearDigits == 2 { year += year >= 50 ? 1900 : 2000 }
        let month = number(2)
        let day = number(2)
        let hour = number(2)
        let minute = number(2)
        let second = number(2)
        guard (1...12).contains(month), day >= 1, day <= daysInMonth(month, year), hour < 24, minute < 60,
            second < 60
        else { throw DERError(element.start, "time has a field out of range") }
        return daysSince1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
    }

    /// The element for a time: UTCTime through 2049, GeneralizedTime from 2050 on.
    ///
    /// - Precondition for a faithful result: `seconds` lies in ``earliest``…``latest``; it is clamped.
    static func append(_ seconds: Int64, to writer: inout DERWriter) {
        let clamped = min(max(seconds, earliest), latest)
        let day = clamped >= 0 ? clamped / 86400 : (clamped - 86399) / 86400
        let second = clamped - day * 86400
        let (year, month, date) = civil(day)
        let generalized = clamped >= firstGeneralized
        writer.bytes.append(generalized ? DERTag.generalizedTime.octet : DERTag.utcTime.octet)
        writer.bytes.append(generalized ? 15 : 13)
        if generalized { twoDigits(year / 100, &writer) }
        twoDigits(year % 100, &writer)
        twoDigits(month, &writer)
        twoDigits(date, &writer)
        twoDigits(second / 3600, &writer)
        twoDigits(second / 60 % 60, &writer)
        twoDigits(second % 60, &writer)
        writer.bytes.append(UInt8(ascii: "Z"))
    }

    private static func twoDigits(_ value: Int64, _ writer: inout DERWriter) {
        writer.bytes.append(0x30 + UInt8(truncatingIfNeeded: value / 10 % 10))
        writer.bytes.append(0x30 + UInt8(truncatingIfNeeded: value % 10))
    }

    private static func daysInMonth(_ month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // Both conversions count in 400-year eras of 146,097 days whose years begin in March, so that the leap
    // day is the last of its year. Years here are 0…9999.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
