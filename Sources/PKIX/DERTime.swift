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
        let text = reader.bytes.span
        var position = element.content.lowerBound
        let last = element.content.upperBound - 1
        guard element.content.count == yearDigits + 11, text[last] == UInt8(ascii: "Z"),
            (position..<last).allSatisfy({ (0x30...0x39).contains(text[$0]) })
        else { throw DERError(element.start, "expected a time of \(yearDigits + 10) digits and Z") }
        func number(_ count: Int) -> Int64 {
            var value: Int64 = 0
            for _ in 0..<count {
                value = value &* 10 &+ Int64(text[position] &- 0x30)
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
        guard (1...12).contains(month), day >= 1, day <= Calendar.daysInMonth(month, year), hour < 24,
            minute < 60,
            second < 60
        else { throw DERError(element.start, "time has a field out of range") }
        return Calendar.daysSince1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
    }

    /// The same, and the type has to be the one for the year: UTCTime through 2049, GeneralizedTime from 2050 on.
    public static func strictSeconds(
        _ reader: DERReader, _ element: DERReader.Element
    ) throws(DERError) -> Int64 {
        let seconds = try seconds(reader, element)
        guard (element.tag == .generalizedTime) == (seconds >= firstGeneralized) else {
            throw DERError(element.start, "expected UTCTime through 2049 and GeneralizedTime from 2050 on")
        }
        return seconds
    }

    /// The element for a time: UTCTime through 2049, GeneralizedTime from 2050 on.
    ///
    /// - Precondition for a faithful result: `seconds` lies in ``earliest``…``latest``; it is clamped.
    static func append(_ seconds: Int64, to writer: inout DERWriter) {
        let clamped = min(max(seconds, earliest), latest)
        let day = clamped >= 0 ? clamped / 86400 : (clamped - 86399) / 86400
        let second = clamped - day * 86400
        let (year, month, date) = Calendar.date(day)
        let generalized = clamped >= firstGeneralized
        let first = writer.bytes.count
        writer.bytes.append(contentsOf: repeatElement(UInt8(ascii: "Z"), count: octets(clamped)))
        var text = writer.bytes.mutableSpan
        text[first] = generalized ? DERTag.generalizedTime.octet : DERTag.utcTime.octet
        text[first + 1] = generalized ? 15 : 13
        if generalized { text.writeTwoDigits(year / 100, at: first + 2) }
        let place = first + (generalized ? 4 : 2)
        text.writeTwoDigits(year, at: place)
        text.writeTwoDigits(month, at: place + 2)
        text.writeTwoDigits(date, at: place + 4)
        text.writeTwoDigits(second / 3600, at: place + 6)
        text.writeTwoDigits(second / 60 % 60, at: place + 8)
        text.writeTwoDigits(second % 60, at: place + 10)
    }

    /// How many octets ``append(_:to:)`` writes: 13 digits and letters of UTCTime or 15 of GeneralizedTime, and a header.
    static func octets(_ seconds: Int64) -> Int { seconds >= firstGeneralized ? 17 : 15 }
}
