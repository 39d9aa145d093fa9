import Synchronization

/// Counts what travels, from any thread.
final class TrafficMeter: Sendable {
    private let state = Mutex(CoAPTransport.Traffic())

    var traffic: CoAPTransport.Traffic { state.withLock { $0 } }

    func noteHandshake(isResumed: Bool) {
        state.withLock {
            $0.handshakes += 1
            if isResumed { $0.resumed += 1 }
        }
    }

    func noteDatagram(sent octets: Int) {
        state.withLock {
            $0.datagrams += 1
            $0.octetsSent += octets
        }
    }

    func noteDatagram(received octets: Int) {
        state.withLock {
            $0.datagrams += 1
            $0.octetsReceived += octets
        }
    }
}
