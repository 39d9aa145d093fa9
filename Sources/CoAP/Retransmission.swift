/// A confirmable message that is repeated until the other side acknowledges or refuses it (RFC 7252 section 4.2).
struct Retransmission: Sendable {
    let datagram: [UInt8]
    private var timeout: UInt64
    private var count = 0
    /// When it is repeated, or given up.
    private(set) var deadline: UInt64

    init(_ datagram: [UInt8], at now: UInt64, _ randomness: inout Randomness) {
        self.datagram = datagram
        timeout = randomness.acknowledgementTimeout()
        deadline = now + timeout
    }

    enum Step: Sendable, Equatable {
        case wait
        case `repeat`
        case giveUp
    }

    mutating func step(at now: UInt64) -> Step {
        guard now >= deadline else { return .wait }
        guard count < Transmission.maximumRetransmissions else { return .giveUp }
        count += 1
        timeout *= 2
        deadline = now + timeout
        return .repeat
    }
}
