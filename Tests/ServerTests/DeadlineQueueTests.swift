import TestSupport
import Testing

@testable import ServerCoAP

/// Whatever is scheduled, forgotten and scheduled again comes out once, at its earliest time, in order.
@Test func deadlinesComeOutOnceAndInOrder() {
    var random = SplitMix64(seed: 5)
    var queue = DeadlineQueue<Int>()
    var expected: [Int: UInt64] = [:]
    var now: UInt64 = 0
    for _ in 0..<5_000 {
        let name = Int.random(in: 0..<50, using: &random)
        switch random.next() % 4 {
        case 0:
            queue.forget(name)
            expected[name] = nil
        case 1:
            now += random.next() % 30
            var found: [Int: UInt64] = [:]
            while let name = queue.pop(at: now) {
                #expect(found[name] == nil)
                found[name] = expected[name] ?? 0
            }
            #expect(found == expected.filter { $0.value <= now })
            expected = expected.filter { $0.value > now }
        default:
            let time = now + random.next() % 100
            queue.schedule(name, at: time)
            expected[name] = min(time, expected[name] ?? time)
        }
        // What is out of date may stand before it.
        if let first = expected.values.min() { #expect((queue.first ?? .max) <= first) }
    }
}
