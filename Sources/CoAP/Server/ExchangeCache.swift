/// The answers of the last message IDs: whatever comes twice is answered the same and executed once (RFC 7252 section 4.5).
///
/// Bounded in number and octets: where more comes than fits, the oldest answer is forgotten before its time.
struct ExchangeCache: Sendable {
    /// What became of a message ID.
    private struct Entry: Sendable {
        let expires: UInt64
        let isConfirmable: Bool
        var answer: [UInt8] = []
        /// Whether the request is still worked on; such an entry is never forgotten.
        var isOpen = true
    }

    private let limits: ServerLimits
    private var entries: [UInt16: Entry] = [:]
    /// In the order of their coming.
    private var order: [UInt16] = []
    private var octets = 0

    init(_ limits: ServerLimits) { self.limits = limits }

    /// What a message ID that was seen is answered; nil for a new one.
    ///
    /// Nothing for one that is still worked on, and for any that is not confirmable (RFC 7252 section 4.3).
    func answer(to messageID: UInt16) -> [UInt8]? {
        guard let entry = entries[messageID] else { return nil }
        return entry.isConfirmable ? entry.answer : []
    }

    mutating func open(_ message: Message, at now: UInt64) {
        let expires = now + Transmission.exchangeLifetime
        entries[message.messageID] = Entry(
            expires: expires, isConfirmable: message.type == .confirmable)
        order.append(message.messageID)
        shrink()
    }

    /// Keeps what a message ID is answered from now on.
    mutating func keep(_ answer: [UInt8], for messageID: UInt16, isOpen: Bool = false) {
        guard var entry = entries[messageID] else { return }
        octets += answer.count - entry.answer.count
        entry.answer = answer
        entry.isOpen = isOpen
        entries[messageID] = entry
        shrink()
    }

    /// The request was answered by a message of its own; duplicates still get the acknowledgement.
    mutating func close(_ messageID: UInt16) { entries[messageID]?.isOpen = false }

    /// Forgets what was answered, not that it was: a duplicate is met with silence, and is not executed either. What is
    /// still worked on stays.
    mutating func forgetAnswers() {
        for (messageID, entry) in entries where !entry.isOpen {
            octets -= entry.answer.count
            entries[messageID]?.answer = []
        }
    }

    mutating func expire(at now: UInt64) {
        while let first = order.first, let entry = entries[first], entry.expires <= now {
            remove(at: 0)
        }
    }

    /// When the next answer is forgotten.
    var deadline: UInt64? { order.first.flatMap { entries[$0]?.expires } }

    private mutating func shrink() {
        while entries.count > limits.exchanges || octets > limits.keptAnswers,
            let place = order.firstIndex(where: { entries[$0]?.isOpen == false })
        {
            remove(at: place)
        }
    }

    private mutating func remove(at place: Int) {
        let messageID = order.remove(at: place)
        octets -= entries.removeValue(forKey: messageID)?.answer.count ?? 0
    }
}
