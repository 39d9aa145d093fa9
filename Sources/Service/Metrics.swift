import ServiceStore
import Synchronization

/// What the service counts.
final class Metrics: Sendable {
    private struct State {
        var requests: [String: UInt64] = [:]
        var delivered: UInt64 = 0
        var reported: UInt64 = 0
        var faults: UInt64 = 0
    }

    private let state = Mutex(State())

    func count(_ route: String, _ status: Int) {
        state.withLock { $0.requests["route=\"\(route)\",status=\"\(status)\"", default: 0] &+= 1 }
    }

    func count(delivered: Int) { state.withLock { $0.delivered &+= UInt64(clamping: delivered) } }
    func count(reported: Int) { state.withLock { $0.reported &+= UInt64(clamping: reported) } }

    func countFault() { state.withLock { $0.faults &+= 1 } }

    func text(_ written: ServiceStore.Counters) -> String {
        let state = state.withLock { $0 }
        var lines = ["# TYPE assayd_requests_total counter"]
        for (labels, count) in state.requests.sorted(by: { $0.key < $1.key }) {
            lines.append("assayd_requests_total{\(labels)} \(count)")
        }
        for (name, count) in [
            ("commands_delivered", state.delivered), ("responses_received", state.reported),
            ("faults", state.faults), ("commits", written.commits), ("changes", written.changes),
        ] {
            lines += ["# TYPE assayd_\(name)_total counter", "assayd_\(name)_total \(count)"]
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
