import Synchronization

/// What the CoAP transport counts; nothing is told of it before it has been used.
package final class CoAPMetrics: Sendable {
    /// The state of all sessions.
    package struct Sessions: Sendable, Equatable {
        let sessions: Int
        let handshakes: Int
        let resumed: Int
        let failed: Int
        let refused: Int
        let dropped: Int

        /// - Parameters:
        ///   - sessions: that are open.
        ///   - handshakes: that were completed, those included that resumed a session.
        ///   - failed: handshakes that failed or took too long.
        ///   - refused: handshakes for which there was no room.
        ///   - dropped: datagrams that meant nothing.
        package init(
            sessions: Int, handshakes: Int, resumed: Int, failed: Int, refused: Int, dropped: Int
        ) {
            self.sessions = sessions
            self.handshakes = handshakes
            self.resumed = resumed
            self.failed = failed
            self.refused = refused
            self.dropped = dropped
        }
    }

    private struct State {
        var sessions: Sessions?
        var requests: [String: UInt64] = [:]
        var durations = Histogram()
    }

    private let state = Mutex(State())

    package init() {}

    package func note(_ sessions: Sessions) { state.withLock { $0.sessions = sessions } }

    /// - Parameter code: as `2.05`.
    package func answered(code: String, microseconds: UInt64) {
        state.withLock {
            $0.requests[code, default: 0] &+= 1
            $0.durations.add(microseconds)
        }
    }

    var text: String {
        let state = state.withLock { $0 }
        guard let sessions = state.sessions else { return "" }
        var text = """
            # HELP assayd_coap_sessions DTLS sessions that are open.
            # TYPE assayd_coap_sessions gauge
            assayd_coap_sessions \(sessions.sessions)
            # HELP assayd_coap_handshakes_total DTLS handshakes by how they ended.
            # TYPE assayd_coap_handshakes_total counter
            assayd_coap_handshakes_total{result="full"} \(sessions.handshakes - sessions.resumed)
            assayd_coap_handshakes_total{result="resumed"} \(sessions.resumed)
            assayd_coap_handshakes_total{result="failed"} \(sessions.failed)
            assayd_coap_handshakes_total{result="refused"} \(sessions.refused)
            # HELP assayd_coap_datagrams_dropped_total Datagrams that meant nothing.
            # TYPE assayd_coap_datagrams_dropped_total counter
            assayd_coap_datagrams_dropped_total \(sessions.dropped)
            # HELP assayd_coap_requests_total Requests that were answered, blocks and duplicates not counted.
            # TYPE assayd_coap_requests_total counter

            """
        for (code, count) in state.requests.sorted(by: { $0.key < $1.key }) {
            text += "assayd_coap_requests_total{code=\"\(code)\"} \(count)\n"
        }
        text += "# HELP assayd_coap_request_seconds From a request's last block to its answer.\n"
        text += "# TYPE assayd_coap_request_seconds histogram\n"
        return text + state.durations.text("assayd_coap_request_seconds", "")
    }
}
