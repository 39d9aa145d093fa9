package import Diagnostics
import Synchronization

/// What the threads of a run share: how the service is doing, and why the run stops.
package final class RunControl: Sendable {
    private struct State {
        var failures = 0
        var lastAnswer: Int64
        var error: ToolError?
    }

    private let state: Mutex<State>
    private let patience: Int64
    private let isInterrupted: @Sendable () -> Bool

    package init(_ policy: RetryPolicy, _ clock: SubmissionClock) {
        patience = policy.patience
        isInterrupted = clock.isInterrupted
        state = Mutex(State(lastAnswer: clock.now()))
    }

    /// Whether no more is sent.
    package var isStopped: Bool { isInterrupted() || error != nil }

    /// Why the run stopped, if it was not a signal.
    package var error: ToolError? { state.withLock { $0.error } }

    /// Stops the run; the first reason stays.
    package func stop(_ error: ToolError) { state.withLock { $0.error = $0.error ?? error } }

    /// The service answered something that makes sense.
    func answered(at time: Int64) {
        state.withLock {
            $0.failures = 0
            $0.lastAnswer = time
        }
    }

    /// The service did not answer; how often in a row. The run stops when that lasts too long.
    func troubled(_ error: ToolError, at time: Int64) -> Int {
        state.withLock {
            $0.failures += 1
            if time - $0.lastAnswer > patience { $0.error = $0.error ?? error }
            return $0.failures
        }
    }
}
