import Synchronization

/// Counts the requests of each key in the running minute.
final class RateLimiter: Sendable {
    private struct Window {
        var minute: Int64
        var count: Int
    }

    private let perMinute: Int
    private let windows = Mutex<[String: Window]>([:])

    /// - Parameter perMinute: 0 for any number.
    init(perMinute: Int) { self.perMinute = perMinute }

    /// Counts a request; the seconds to wait if it is one too many, else nil.
    func wait(_ key: String, at time: Int64) -> Int64? {
        guard perMinute > 0 else { return nil }
        let minute = time / 60
        return windows.withLock { windows in
            var window = windows[key] ?? Window(minute: minute, count: 0)
            if window.minute != minute { window = Window(minute: minute, count: 0) }
            guard window.count < perMinute else { return max(1, 60 - time % 60) }
            window.count += 1
            windows[key] = window
            return nil
        }
    }
}
