import ArgumentParser

/// A point in time as an option's value: RFC 3339, or seconds since 1970.
struct TimeArgument: ExpressibleByArgument, Equatable, Sendable {
    /// Since 1970; 0…253402300799, the end of the year 9999.
    let seconds: Int64

    init?(argument: String) {
        guard let seconds = Timestamp.parse(argument) else { return nil }
        self.seconds = seconds
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
