/// How long to wait before a request that failed is sent again.
package struct RetryPolicy: Sendable {
    /// The longest time without any answer before a run gives up, in microseconds.
    package var patience: Int64
    private static let first: Int64 = 250_000
    private static let longest: Int64 = 30_000_000

    package init(patience: Int64) { self.patience = patience }

    /// Microseconds: twice as long after each failure, up to half a minute, of which the upper half is left to chance, so
    /// that those who failed together do not come back together.
    ///
    /// - Parameter failures: in a row, from 1.
    package static func delay(after failures: Int, random: (Int64) -> Int64) -> Int64 {
        let doubled = first << Int64(min(max(failures - 1, 0), 20))
        let whole = min(doubled, longest)
        return whole / 2 + random(whole / 2 + 1)
    }

    /// Seconds as `Retry-After` gives them; `nil` for what is no number.
    package static func seconds(_ text: String) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return Int64(text) ?? .max
    }

    /// Microseconds until a time in seconds since 1970 that a `Retry-After` names, with the same bound.
    package static func delay(until time: Int64, now: Int64) -> Int64 {
        let (end, overflows) = time.multipliedReportingOverflow(by: 1_000_000)
        let (span, isFar) = end.subtractingReportingOverflow(now)
        if overflows || isFar { return delay(retryAfter: time > 0 ? .max : 0) }
        return min(max(span, 0), delay(retryAfter: .max))
    }

    /// Microseconds of a `Retry-After`, which is no reason to wait for more than five minutes.
    package static func delay(retryAfter seconds: Int64) -> Int64 {
        min(max(seconds, 0), 300) * 1_000_000
    }
}
