import DeviceIdentity
import Foundation
import Submission
import Synchronization
import TestSupport

/// Rows of made-up devices.
enum TestItems {
    static func make(_ count: Int) -> [ClaimItem] {
        (0..<count).compactMap { number in
            let bytes = [UInt8](repeating: 7, count: 14) + [UInt8(number / 256), UInt8(number % 256)]
            guard let device = DeviceUUID(bytes: bytes[...]) else { return nil }
            let token = Array("token-of-more-than-forty-characters-number-\(number)".utf8)
            return ClaimItem(device: device, token: token, line: [0x22] + token + [0x22, 0x0a])
        }
    }
}

/// Time that passes only while somebody waits.
final class TestTime: Sendable {
    private let time = Mutex<Int64>(1_800_000_000_000_000)
    private let state: Mutex<SplitMix64>

    init(seed: UInt64 = 1) { state = Mutex(SplitMix64(seed: seed)) }

    var now: Int64 { time.withLock { $0 } }

    var clock: SubmissionClock {
        SubmissionClock(
            now: { self.time.withLock { $0 } }, sleep: { span in self.time.withLock { $0 += max(span, 1) } },
            random: { bound in
                self.state.withLock { Int64.random(in: 0..<max(bound, 1), using: &$0) }
            },
            isInterrupted: { false })
    }
}

/// A service that answers as a closure says.
final class TestTransport: ServiceTransport {
    private let respond: @Sendable (ServiceCall) -> TransportOutcome
    private let seen = Mutex<[ServiceCall]>([])

    init(_ respond: @escaping @Sendable (ServiceCall) -> TransportOutcome) { self.respond = respond }

    var calls: [ServiceCall] { seen.withLock { $0 } }

    func send(_ call: ServiceCall) -> TransportOutcome {
        seen.withLock { $0.append(call) }
        return respond(call)
    }
}

extension TransportOutcome {
    static func json(_ status: Int, _ text: String) -> TransportOutcome {
        .answer(ServiceAnswer(status: status, contentType: "application/json", body: Array(text.utf8)))
    }
}
