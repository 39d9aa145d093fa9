/// Time, chance and the wish to stop, from outside.
package struct SubmissionClock: Sendable {
    /// Microseconds since 1970.
    package let now: @Sendable () -> Int64
    /// Waits for so many microseconds.
    package let sleep: @Sendable (Int64) -> Void
    /// A number below the bound, each as likely.
    package let random: @Sendable (Int64) -> Int64
    /// Whether somebody wants the run to end.
    package let isInterrupted: @Sendable () -> Bool

    package init(
        now: @escaping @Sendable () -> Int64, sleep: @escaping @Sendable (Int64) -> Void,
        random: @escaping @Sendable (Int64) -> Int64, isInterrupted: @escaping @Sendable () -> Bool
    ) {
        self.now = now
        self.sleep = sleep
        self.random = random
        self.isInterrupted = isInterrupted
    }

    /// Seconds since 1970.
    package var seconds: Int64 { now() / 1_000_000 }
}
