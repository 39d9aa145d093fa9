import JSON

/// A transport whose answers do not have the session's own API key in them: a service may echo it, or whatever stands in
/// between. What is after this may be told and kept.
package struct DiscreetTransport: ServiceTransport {
    /// A text so short stands in answers for other reasons.
    private static let shortest = 8
    private static let substitute = Array("[the API key]".utf8)

    private let transport: any ServiceTransport
    /// In lower case: an echo may be written otherwise.
    private let key: [UInt8]

    package init(_ transport: any ServiceTransport, key: String) {
        self.transport = transport
        self.key = Array(key.utf8.map(Self.lower))
    }

    package func send(_ call: ServiceCall) -> TransportOutcome {
        switch transport.send(call) {
        case .notSent(let reason): .notSent(clean(reason))
        case .unanswered(let reason): .unanswered(clean(reason))
        case .senseless(let reason): .senseless(clean(reason))
        case .answer(let answer): .answer(clean(answer))
        }
    }

    private func clean(_ answer: ServiceAnswer) -> ServiceAnswer {
        var answer = answer
        answer.body = clean(answer.body)
        return answer
    }

    private func clean(_ text: String) -> String {
        String(decoding: replaced(Array(text.utf8)), as: UTF8.self)
    }

    private func clean(_ body: [UInt8]) -> [UInt8] {
        // Escapes of JSON can hide it from all but its reader, and replacing it among them can break them.
        guard body.contains(UInt8(ascii: "\\")),
            let json = try? JSONValue(parsing: body, limits: AnswerText.limits)
        else { return replaced(body) }
        let cleaned = json.mapped(clean)
        return cleaned == json ? body : cleaned.compact()
    }

    private func replaced(_ bytes: [UInt8]) -> [UInt8] {
        guard key.count >= Self.shortest, bytes.count >= key.count else { return bytes }
        var result: [UInt8] = []
        var kept = 0
        var place = 0
        while place <= bytes.count - key.count {
            if Self.lower(bytes[place]) == key[0],
                zip(bytes[place..<(place + key.count)], key).allSatisfy({ Self.lower($0) == $1 })
            {
                result += bytes[kept..<place] + Self.substitute
                place += key.count
                kept = place
            } else {
                place += 1
            }
        }
        return kept == 0 ? bytes : result + bytes[kept...]
    }

    private static func lower(_ octet: UInt8) -> UInt8 { 0x41...0x5a ~= octet ? octet | 0x20 : octet }
}
