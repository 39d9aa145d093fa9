import Synchronization

/// What the transport counts, in Prometheus' text format.
final class ServerMetrics: Sendable {
    private struct Label: Hashable, Comparable {
        let kind: String
        let status: Int

        static func < (left: Label, right: Label) -> Bool {
            (left.kind, left.status) < (right.kind, right.status)
        }
    }

    private struct Histogram {
        /// Upper ends in microseconds.
        static let ends: [UInt64] = [1000, 5000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000]
        static let names = ["0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1", "5"]
        var counts = [UInt64](repeating: 0, count: ends.count)
        var count: UInt64 = 0
        var sum: UInt64 = 0

        mutating func add(_ microseconds: UInt64) {
            count &+= 1
            sum &+= microseconds
            for place in counts.indices where microseconds <= Self.ends[place] { counts[place] &+= 1 }
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

    private let state = Mutex(State())
    private let stopping = Atomic<Bool>(false)

    /// Whether the service was asked to stop.
    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    func stop() { stopping.store(true, ordering: .relaxed) }
    func connected() {
        state.withLock {
            $0.connections += 1
            $0.accepted &+= 1
        }
    }
    func disconnected() { state.withLock { $0.connections -= 1 } }
    func timedOut() { state.withLock { $0.timeouts &+= 1 } }
    func lostLogLine() { state.withLock { $0.lostLogLines &+= 1 } }

    func answered(_ kind: RequestKind, status: Int, microseconds: UInt64) {
        state.withLock {
            $0.requests[Label(kind: kind.rawValue, status: status), default: 0] &+= 1
            $0.durations[kind.rawValue, default: Histogram()].add(microseconds)
        }
    }

    var text: String {
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
            let name = "assayd_http_request_seconds"
            for (end, count) in zip(Histogram.names, histogram.counts) {
                text += "\(name)_bucket{side=\"\(kind)\",le=\"\(end)\"} \(count)\n"
            }
            text += "\(name)_bucket{side=\"\(kind)\",le=\"+Inf\"} \(histogram.count)\n"
            text += "\(name)_sum{side=\"\(kind)\"} \(Self.seconds(histogram.sum))\n"
            text += "\(name)_count{side=\"\(kind)\"} \(histogram.count)\n"
        }
        return text
    }

    private static func seconds(_ microseconds: UInt64) -> String {
        let fraction = String(microseconds % 1_000_000 + 1_000_000).dropFirst()
        return "\(microseconds / 1_000_000).\(fraction)"
    }
}
