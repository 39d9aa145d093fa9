import Synchronization

/// What the transport counts, in Prometheus' text format.
package final class ServerMetrics: Sendable {
    private struct Label: Hashable, Comparable {
        let kind: String
        let status: Int

        static func < (left: Label, right: Label) -> Bool {
            (left.kind, left.status) < (right.kind, right.status)
        }
    }

    private struct State {
        var requests: [Label: UInt64] = [:]
        var durations: [String: Histogram] = [:]
        var connections: Int64 = 0
        var accepted: UInt64 = 0
        var timeouts: UInt64 = 0
        var lostLogLines: UInt64 = 0
    }

    /// What devices do over CoAP.
    package let coap = CoAPMetrics()
    private let state = Mutex(State())
    private let stopping = Atomic<Bool>(false)

    /// Whether the service was asked to stop.
    package var isStopping: Bool { stopping.load(ordering: .relaxed) }

    package func stop() { stopping.store(true, ordering: .relaxed) }
    package func connected() {
        state.withLock {
            $0.connections += 1
            $0.accepted &+= 1
        }
    }
    package func disconnected() { state.withLock { $0.connections -= 1 } }
    package func timedOut() { state.withLock { $0.timeouts &+= 1 } }
    func lostLogLine() { state.withLock { $0.lostLogLines &+= 1 } }

    /// - Parameter side: whose request it was.
    package func answered(_ side: String, status: Int, microseconds: UInt64) {
        state.withLock {
            $0.requests[Label(kind: side, status: status), default: 0] &+= 1
            $0.durations[side, default: Histogram()].add(microseconds)
        }
    }

    package var text: String {
        let state = state.withLock { $0 }
        var text = """
            # HELP assayd_http_connections Connections that are open.
            # TYPE assayd_http_connections gauge
            assayd_http_connections \(state.connections)
            # HELP assayd_http_connections_total Connections that were accepted.
            # TYPE assayd_http_connections_total counter
            assayd_http_connections_total \(state.accepted)
            # HELP assayd_http_timeouts_total Connections that were closed because the client took too long.
            # TYPE assayd_http_timeouts_total counter
            assayd_http_timeouts_total \(state.timeouts)
            # HELP assayd_log_lines_lost_total Lines of the log that nobody took in time.
            # TYPE assayd_log_lines_lost_total counter
            assayd_log_lines_lost_total \(state.lostLogLines)
            # HELP assayd_http_requests_total Requests that were answered.
            # TYPE assayd_http_requests_total counter

            """
        for (label, count) in state.requests.sorted(by: { $0.key < $1.key }) {
            text += "assayd_http_requests_total{side=\"\(label.kind)\",status=\"\(label.status)\"} \(count)\n"
        }
        text += "# HELP assayd_http_request_seconds From a request's head to its answer.\n"
        text += "# TYPE assayd_http_request_seconds histogram\n"
        for (kind, histogram) in state.durations.sorted(by: { $0.key < $1.key }) {
            text += histogram.text("assayd_http_request_seconds", "side=\"\(kind)\"")
        }
        return text + coap.text
    }
}
