/// What the first record of a datagram says of itself, before anything is known to be authentic (RFC 6347 section 4.1).
struct RecordHeader: Equatable {
    /// RFC 5246 section 6.2.1.
    enum Content: UInt8 {
        case changeCipherSpec = 20
        case alert = 21
        case handshake = 22
        case applicationData = 23
    }

    let content: Content
    /// 0 until keys are in use.
    let epoch: UInt16

    /// Octets of a record's header, and of a handshake message's.
    static let length = 13
    static let handshakeLength = 12

    /// nil for what is no record of DTLS 1.0 or 1.2.
    init?(_ datagram: [UInt8]) {
        guard datagram.count > Self.length, let content = Content(rawValue: datagram[0]), datagram[1] == 0xfe,
            datagram[2] == 0xff || datagram[2] == 0xfd
        else { return nil }
        self.content = content
        epoch = UInt16(datagram[3]) << 8 | UInt16(datagram[4])
    }
}

/// A ClientHello without encryption at the start of a datagram.
struct HelloHeader: Equatable {
    /// 0 for the first of a handshake, which has no cookie.
    let sequence: UInt16
    /// The client's random: the same in the hello with the cookie, another in another handshake.
    let random: [UInt8]

    init?(_ datagram: [UInt8], _ record: RecordHeader) {
        let body = RecordHeader.length + RecordHeader.handshakeLength
        // The version's two octets come before the random.
        let random = body + 2..<body + 34
        guard record.content == .handshake, record.epoch == 0, datagram.count >= random.upperBound,
            datagram[RecordHeader.length] == 1
        else { return nil }
        sequence = UInt16(datagram[RecordHeader.length + 4]) << 8 | UInt16(datagram[RecordHeader.length + 5])
        self.random = Array(datagram[random])
    }
}
