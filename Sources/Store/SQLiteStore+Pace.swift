package import Diagnostics
import SQLite

/// The pace at which a service is sent requests, kept by all processes on the store together. Times are microseconds since
/// 1970.
extension SQLiteStore {
    /// Takes the next place in the order of requests; answers when the request may be sent.
    ///
    /// - Parameters:
    ///   - interval: the time between two requests; 0 for none.
    ///   - now: by the clock that all processes of this machine have.
    package func takeTurn(at service: String, interval: Int64, now: Int64) throws(ToolError) -> Int64 {
        if interval == 0 { return max(now, try pause(of: service, now: now)) }
        return try write("cannot write to the store") { () throws(SQLiteError) in
            let (next, paused) = try pace(of: service)
            // A clock that was set back must not hold everybody up for as long.
            let isSane = next &- now <= Self.furthest(interval)
            let turn = max(now, isSane ? next : now, Self.sane(paused, now))
            try statement(
                """
                INSERT INTO journal_pace (service, next_at, paused_until) VALUES (?, ?, 0)
                ON CONFLICT (service) DO UPDATE SET next_at = excluded.next_at
                """
            ).run(.text(service), .integer(turn &+ interval))
            return turn
        }
    }

    /// Lets nobody send anything before `time`: the service said so.
    package func pause(_ service: String, until time: Int64) throws(ToolError) {
        try write("cannot write to the store") { () throws(SQLiteError) in
            _ = try statement(
                """
                INSERT INTO journal_pace (service, next_at, paused_until) VALUES (?, 0, ?)
                ON CONFLICT (service) DO UPDATE SET paused_until = max(paused_until, excluded.paused_until)
                """
            ).run(.text(service), .integer(time))
        }
    }

    /// Until when nobody sends anything; 0 for no pause.
    package func pause(of service: String, now: Int64) throws(ToolError) -> Int64 {
        try read("cannot read the store") { () throws(SQLiteError) in
            Self.sane(try pace(of: service).paused, now)
        }
    }

    private func pace(of service: String) throws(SQLiteError) -> (next: Int64, paused: Int64) {
        let select = try statement("SELECT next_at, paused_until FROM journal_pace WHERE service = ?")
        defer { select.reset() }
        try select.bind(.text(service))
        return try select.step() ? (select.integer(0), select.integer(1)) : (0, 0)
    }

    /// No service asks for more than an hour.
    private static func sane(_ pause: Int64, _ now: Int64) -> Int64 {
        pause &- now <= 3_600_000_000 ? pause : 0
    }

    /// As far ahead as turns are taken: by 64 connections of each of some processes.
    private static func furthest(_ interval: Int64) -> Int64 {
        let (span, overflows) = interval.multipliedReportingOverflow(by: 1024)
        return overflows ? .max : span
    }
}
