public import Diagnostics
import Ledger
import SQLite

/// What the last entry of an audit chain says of the clock of this machine.
public enum ClockVerdict: Sendable, Equatable {
    case plausible
    /// So many seconds before the last entry.
    case behind(Int64)
    /// So many seconds after the last entry, more than a ledger lies idle.
    case ahead(Int64)
    /// There is no entry, and the clock says a time at which this program is hardly used.
    case unlikely
}

extension SQLiteStore {
    /// How far the clocks of two machines, or of one before and after it was set, may lie apart, in seconds.
    static let clockTolerance: Int64 = 300
    /// So long may nothing be entered before the clock is doubted: a yearly CRL goes through.
    static let clockLeap: Int64 = 400 * 86_400
    /// For the first entry: the years 2024 to 2059.
    static let clockYears: Range<Int64> = 1_704_067_200..<2_840_140_800

    /// Compares the clock with the last entry.
    ///
    /// - Parameter now: seconds since 1970.
    public func clockVerdict(_ now: Int64) throws(ToolError) -> ClockVerdict {
        try read("cannot read the audit chain") { () throws(SQLiteError) in try verdict(now) }
    }

    /// The one rule for all that make entries, but those who revoke: the order of times would contradict that of the
    /// entries, or an entry far ahead would keep everybody else from making one.
    ///
    /// - Parameter isConfirmed: whether a person says that the clock is right. This is entered where it matters.
    /// - Throws: ``ToolError`` with `validity`.
    public func checkClock(_ now: Int64, isConfirmed: Bool = false) throws(ToolError) {
        let verdict = try clockVerdict(now)
        guard verdict != .plausible else { return }
        guard isConfirmed else { throw verdict.error(file: path) }
        try write("cannot write to the audit chain") { () throws(SQLiteError) in
            guard try self.verdict(now) != .plausible else { return }
            try append(AuditEvent.clockConfirmed(last: try lastEntryTime() ?? 0), at: now)
        }
    }

    /// The time of a revocation, which waits for no clock: now, or that of the last entry if this is later. A clock that
    /// nothing else may be entered by, because it is far ahead, is not believed here either.
    func revocationTime(_ now: Int64) throws(SQLiteError) -> Int64 {
        guard let last = try lastEntryTime() else { return now }
        if case .ahead = try verdict(now) { return last }
        return max(now, last)
    }

    private func verdict(_ now: Int64) throws(SQLiteError) -> ClockVerdict {
        guard let last = try lastEntryTime() else {
            return Self.clockYears.contains(now) ? .plausible : .unlikely
        }
        let (ahead, overflow) = now.subtractingReportingOverflow(last)
        if overflow { return now > last ? .ahead(.max) : .behind(.max) }
        if ahead > Self.clockLeap { return .ahead(ahead) }
        return ahead < -Self.clockTolerance ? .behind(-ahead) : .plausible
    }

    /// The time of the entry with the highest number; `nil` without entries.
    func lastEntryTime() throws(SQLiteError) -> Int64? {
        let select = try statement(
            """
            SELECT at FROM (
                SELECT * FROM (SELECT seq, at FROM event ORDER BY seq DESC LIMIT 1) UNION ALL
                SELECT * FROM (
                    SELECT seq, issued_at FROM certificate WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1))
            ORDER BY seq DESC LIMIT 1
            """)
        defer { select.reset() }
        return try select.step() ? select.integer(0) : nil
    }
}

extension ClockVerdict {
    func error(file: String) -> ToolError {
        let message =
            switch self {
            case .plausible: "the clock is plausible"
            case .behind(let seconds):
                "the last entry of the audit chain is \(Self.text(seconds)) later than now"
            case .ahead(let seconds):
                "now is \(Self.text(seconds)) later than the last entry of the audit chain, more than 400 days"
            case .unlikely: "the clock of this machine is not in the years 2024 to 2059"
            }
        return ToolError(
            .validity, message, context: [.init("file", file.escapedForTerminal)],
            hint: .confirmClock)
    }

    private static func text(_ seconds: Int64) -> String {
        if seconds == .max { return "far" }
        return seconds < 2 * 86_400 ? "\(seconds) seconds" : "\(seconds / 86_400) days"
    }
}
