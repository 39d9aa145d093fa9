import ArgumentParser
import Diagnostics
import Store

/// `--accept-clock`, of commands that make entries in an audit chain.
struct ClockOptions: ParsableArguments {
    @Flag(
        help: """
            Say that this machine's clock is right although it is more than 5 minutes before, or more than 400 days \
            after, the last entry of the audit chain. That is entered too.
            """)
    var acceptClock = false

    /// The one rule for all that make entries.
    ///
    /// - Throws: ``ToolError`` with `validity`.
    func check(_ now: Int64, _ store: SQLiteStore) throws(ToolError) {
        try store.checkClock(now, isConfirmed: acceptClock)
    }

    /// The same for what is only dated, in a file that is not written to.
    func checkReading(_ now: Int64, _ store: SQLiteStore) throws(ToolError) {
        if !acceptClock { try store.checkClock(now) }
    }
}
