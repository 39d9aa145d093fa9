/// The line that a terminal shows while a run works: a bar where the end is known, count, rate, failures, remaining time.
struct ProgressLine {
    private static let barWidth = 20

    /// Results so far.
    var done: Int
    var failed: Int
    /// What results are of: `requests`.
    var unit: String
    /// Milliseconds since the start.
    var elapsed: UInt64
    /// Bytes of the inputs, where they are known.
    var input: (read: Int, total: Int)?
    /// What was read and how long that took when the first results came, milliseconds: reading is ahead of results by
    /// as much ever since.
    var first: (read: Int, elapsed: UInt64)?

    var text: String {
        let rate = UInt64(max(done, 0)) * 1_000 / max(elapsed, 1)
        var line = "\(done) \(unit), \(rate)/s, \(failed) not good"
        if let input, input.total > 0 {
            let share = min(max(input.read, 0), input.total) * 100 / input.total
            let filled = share * Self.barWidth / 100
            let bar =
                String(repeating: "#", count: filled) + String(repeating: "-", count: Self.barWidth - filled)
            line = "[\(bar)] \(share)%, " + line
        }
        if let seconds = remaining { line += ", \(Self.time(seconds)) left" }
        return line
    }

    /// The text for a terminal of this width, the bar left out first. The last column stays free: a character in it makes
    /// some terminals begin a line, of which one would be left behind each time.
    func text(columns: Int?) -> String {
        guard let columns, text.utf8.count >= columns else { return text }
        var line = self
        line.input = nil
        return String(line.text.prefix(max(columns - 1, 0)))
    }

    /// Seconds until the last result, `nil` where the inputs do not say or are read to their end.
    var remaining: UInt64? {
        guard let input, input.read > 0, input.total > input.read else { return nil }
        let left = UInt64(input.total - input.read)
        if let first, first.elapsed < elapsed, first.read < input.read {
            return (left * (elapsed - first.elapsed) / UInt64(input.read - first.read) + first.elapsed)
                / 1_000
        }
        return left * elapsed / UInt64(input.read) / 1_000
    }

    /// `2:05`, `1:00:00`.
    private static func time(_ seconds: UInt64) -> String {
        func two(_ number: UInt64) -> String { (number < 10 ? "0" : "") + String(number) }
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        return (hours > 0 ? "\(hours):\(two(minutes))" : "\(minutes)") + ":" + two(seconds % 60)
    }
}
