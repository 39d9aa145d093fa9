import PKIX

/// Times as results print them and users name them.
enum Timestamp {
    /// The last second of the year 9999.
    static let last = DERTime.latest

    /// RFC 3339 in UTC with whole seconds, for example `2026-02-03T04:05:06Z`.
    ///
    /// - Parameter seconds: since 1970; years 0…9999.
    static func text(_ seconds: Int64) -> String { InternetTime.text(seconds) }

    /// As Python's `isoformat` writes it, which the nRF Cloud utilities use: `2026-02-03T04:05:06.000007+00:00`.
    static func isoformat(microseconds: Int64) -> String {
        let fraction = String(1_000_000 + microseconds % 1_000_000).dropFirst()
        return text(microseconds / 1_000_000).dropLast() + ".\(fraction)+00:00"
    }

    /// The time that the user names: RFC 3339 (`2026-02-03T04:05:06Z`, also with an offset or fractions, which are
    /// dropped) or whole seconds since 1970; `nil` for everything else and for times outside 1970…9999.
    static func parse(_ text: String) -> Int64? {
        let seconds = text.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? number(text) : InternetTime.seconds(text)
        guard let seconds, 0...last ~= seconds else { return nil }
        return seconds
    }

    private static func number(_ digits: String) -> Int64? { digits.utf8.count <= 12 ? Int64(digits) : nil }
}
