/// What a client may still send in one handshake: libssl keeps what it cannot read yet, up to a hundred records in 17 kB of
/// room each, and takes the room that a message says it needs.
struct HandshakeBudget {
    /// Records under the new keys before ChangeCipherSpec has come: Finished that overtook it, and once more.
    private var early = 2
    /// Records under the new keys after it, sent again under loss with each flight. Each may hold a part of a message.
    private var sealed = 16
    /// Parts of messages, and their octets, without encryption: 200 of them are one flight of a client without a certificate.
    private var fragments = 64
    private var octets = 16 << 10

    /// Octets that a message may say it has: a ClientHello fits a datagram, ClientKeyExchange has 66.
    private static let message = 4 << 10

    /// The records of a datagram that libssl may see, divided: what is without encryption goes first, since with it the
    /// keys for the others may come.
    static func split(_ datagram: [UInt8]) -> (plain: [UInt8], sealed: [UInt8]) {
        var (plain, sealed): ([UInt8], [UInt8]) = ([], [])
        var place = 0
        while let record = RecordHeader(datagram, at: place) {
            let octets = datagram[place..<place + record.size]
            if record.epoch == 0 { plain += octets } else { sealed += octets }
            place += record.size
        }
        return (plain, sealed)
    }

    /// The records without encryption that fit the budget, which they use up.
    mutating func takePlain(_ records: [UInt8]) -> [UInt8] {
        take(records) { budget, record, octets in
            record.content != .handshake || budget.takeMessages(octets.dropFirst(RecordHeader.length))
        }
    }

    /// The records under keys that fit the budget, which they use up.
    ///
    /// - Parameter areReadable: whether libssl has the keys; it drops then what is not authentic.
    mutating func takeSealed(_ records: [UInt8], areReadable: Bool) -> [UInt8] {
        take(records) { budget, record, _ in
            guard areReadable else { return Self.spend(1, of: &budget.early) }
            // Data that came before Finished is kept by libssl as well.
            guard record.content != .applicationData else { return Self.spend(1, of: &budget.early) }
            return Self.spend(1, of: &budget.sealed)
        }
    }

    private mutating func take(
        _ records: [UInt8], _ isTaken: (inout Self, RecordHeader, ArraySlice<UInt8>) -> Bool
    ) -> [UInt8] {
        var taken: [UInt8] = []
        var place = 0
        while let record = RecordHeader(records, at: place) {
            let octets = records[place..<place + record.size]
            if isTaken(&self, record, octets) { taken += octets }
            place += record.size
        }
        return taken
    }

    /// Looks at each part of a message in a record (RFC 6347 section 4.2.2); false if one of them is too much.
    private mutating func takeMessages(_ record: ArraySlice<UInt8>) -> Bool {
        var rest = record
        while !rest.isEmpty {
            guard rest.count >= RecordHeader.handshakeLength else { return false }
            let start = rest.startIndex
            func number(_ place: Int) -> Int {
                rest[start + place..<start + place + 3].reduce(0) { $0 << 8 | Int($1) }
            }
            let (length, fragment) = (number(1), number(9))
            guard length <= Self.message, fragment <= rest.count - RecordHeader.handshakeLength,
                Self.spend(1, of: &fragments), Self.spend(fragment, of: &octets)
            else { return false }
            rest = rest.dropFirst(RecordHeader.handshakeLength + fragment)
        }
        return true
    }

    private static func spend(_ amount: Int, of budget: inout Int) -> Bool {
        guard amount <= budget else { return false }
        budget -= amount
        return true
    }
}
