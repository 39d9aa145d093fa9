package import Diagnostics
import Synchronization

/// What the threads of a run share: how the service is doing, and why the run stops.
package final class RunControl: Sendable {
    /// What a request wants. A service that answers every question may still take nothing.
    enum Kind {
        case question, change
    }

    private struct Trouble {
        var failures = 0
        /// When the first of them was.
        var since: Int64?
    }

    private struct State {
        var questions = Trouble()
        var changes = Trouble()
        var error: ToolError?
    }

    private let state: Mutex<State>
    private let patience: Int64
    private let isInterrupted: @Sendable () -> Bool

    package init(_ policy: RetryPolicy, _ clock: SubmissionClock) {
        patience = policy.patience
        isInterrupted = clock.isInterrupted
        state = Mutex(State())
    }

    /// Whether no more is sent.
    package var isStopped: Bool { isInterrupted() || error != nil }

    /// Why the run stopped, if it was not a signal.
    package var error: ToolError? { state.withLock { $0.error } }

    /// Stops the run; the first reason stays.
    package func stop(_ error: ToolError) { state.withLock { $0.error = $0.error ?? error } }

    /// The service answered something that makes sense.
    func answered(_ kind: Kind) {
        state.withLock {
            $0.questions = Trouble()
            if kind == .change { $0.changes = Trouble() }
        }
    }

    /// The service did not answer; how often in a row. The run stops when that lasts too long.
    func troubled(_ error: ToolError, _ kind: Kind, at time: Int64) -> Int {
        state.withLock { state in
            var trouble = kind == .change ? state.changes : state.questions
            trouble.failures += 1
            let since = trouble.since ?? time
            trouble.since = since
            if time - since > patience { state.error = state.error ?? error }
            if kind == .change { state.changes = trouble } else { state.questions = trouble }
            return trouble.failures
        }
    }
}
