package import Diagnostics
package import Store
import Synchronization

/// The pace at which a service is sent requests. Times are microseconds since 1970.
package protocol Pace {
    /// Takes the next place in the order of requests; answers when the request may be sent.
    func takeTurn(at service: String, interval: Int64, now: Int64) throws(ToolError) -> Int64
    /// Lets nobody send anything before `time`.
    func pause(_ service: String, until time: Int64) throws(ToolError)
    /// Until when nobody sends anything; 0 for no pause.
    func pause(of service: String, now: Int64) throws(ToolError) -> Int64
}

extension SQLiteStore: Pace {}

/// The pace of one process that asks a few questions.
package final class OwnPace: Pace, Sendable {
    private let state = Mutex<(next: Int64, paused: Int64)>((0, 0))

    package init() {}

    package func takeTurn(at service: String, interval: Int64, now: Int64) -> Int64 {
        state.withLock { state in
            let turn = max(now, state.next, state.paused)
            state.next = turn &+ interval
            return turn
        }
    }

    package func pause(_ service: String, until time: Int64) {
        state.withLock { $0.paused = max($0.paused, time) }
    }

    package func pause(of service: String, now: Int64) -> Int64 { state.withLock { $0.paused } }
}
