import CoAP

/// Datagrams to both ends of a CoAP session.
enum Datagrams {
    /// A message has one encoding, neither end sends what is no message, and each is answered within its bounds.
    static func check(_ bytes: [UInt8]) -> String? {
        do throws(MalformedMessage) {
            let message = try Message(datagram: bytes)
            guard message.datagram == bytes else {
                return "a message is written in another way than it was read"
            }
            guard message.options.map(\.number.rawValue).isSorted else { return "options out of order" }
        } catch {
            if let answer = error.answer, (try? Message(datagram: answer.datagram)) != answer {
                return "a reset is no message"
            }
        }
        return checkServer(bytes) ?? checkClient(bytes)
    }

    /// The input as a list of datagrams: two octets of length before each.
    private static func datagrams(_ bytes: [UInt8]) -> [[UInt8]] {
        var found = [bytes]
        var left = bytes[...]
        while let high = left.popFirst(), let low = left.popFirst() {
            let count = Int(high) << 8 | Int(low)
            found.append(Array(left.prefix(count)))
            left = left.dropFirst(count)
        }
        return found
    }

    private static func checkServer(_ bytes: [UInt8]) -> String? {
        var limits = ServerLimits()
        limits.body = 600
        limits.exchanges = 8
        var server = ServerEndpoint(seed: 1, limits: limits)
        var now: UInt64 = 0
        var sent: [[UInt8]] = []
        for datagram in datagrams(bytes) {
            for event in server.receive(datagram, at: now) {
                switch event {
                case .send(let answer): sent.append(answer)
                case .request(let request):
                    guard request.body.count <= limits.body else { return "a body over its bound" }
                    let body = [UInt8](repeating: 7, count: request.body.count * 2)
                    // One in two takes long.
                    if request.body.count % 2 == 1 { sent += server.tick(at: now + 1_000) }
                    sent += server.respond(to: request.id, with: Response(.content, body: body), at: now)
                }
            }
            now += 500
            sent += server.tick(at: now)
        }
        guard server.openRequests == 0 else { return "a request that was answered is still open" }
        return check(sent)
    }

    private static func checkClient(_ bytes: [UInt8]) -> String? {
        var client = ClientEndpoint(seed: 1)
        guard let request = ClientRequest(.get, path: ["a"]) else { return "no request" }
        var (id, events) = client.start(request, at: 0)
        for datagram in datagrams(bytes) { events += client.receive(datagram, at: 1) }
        events += client.tick(at: 1 << 40)
        let ends = events.filter { if case .finished(id, _) = $0 { true } else { false } }
        guard ends.count == 1 else { return "a request ends \(ends.count) times" }
        return check(events.compactMap { if case .send(let datagram) = $0 { datagram } else { nil } })
    }

    private static func check(_ sent: [[UInt8]]) -> String? {
        sent.allSatisfy { (try? Message(datagram: $0)) != nil } ? nil : "what is sent is no message"
    }
}

extension [UInt16] {
    fileprivate var isSorted: Bool { zip(self, dropFirst()).allSatisfy(<=) }
}
