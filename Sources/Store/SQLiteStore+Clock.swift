public import Diagnostics
import SQLite

extension SQLiteStore {
    /// How far the clocks of two machines, or of one before and after it was set, may lie apart, in seconds.
    private static let clockTolerance: Int64 = 300

    /// Refuses a time before the last entry of the ledger: the order of its times would contradict that of its entries,
    /// and certificates would be dated before others that were issued earlier.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Throws: ``ToolError`` with `validity`.
    public func checkClock(_ now: Int64) throws(ToolError) {
        let last = try read("cannot read the ledger") { () throws(SQLiteError) in
            let select = try statement(
                """
                SELECT max(at) FROM (
                    SELECT * FROM (SELECT at FROM event ORDER BY seq DESC LIMIT 1) UNION ALL
                    SELECT * FROM (SELECT issued_at FROM certificate WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1))
                """)
            defer { select.reset() }
            return try select.step() && !select.isNull(0) ? select.integer(0) : nil
        }
        guard let last else { return }
        let (ahead, overflow) = last.subtractingReportingOverflow(now)
        guard overflow ? last > now : ahead > Self.clockTolerance else { return }
        throw ToolError(
            .validity,
            "the last entry of the ledger is \(overflow ? "far" : "\(ahead) seconds") later than now",
            hint: "set the clock of this machine")
    }
}
