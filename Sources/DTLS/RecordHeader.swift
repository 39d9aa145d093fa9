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

    /// Octets of the whole record.
    let size: Int

    /// Octets that a record has at least once keys are in use: with GCM an explicit nonce and a tag, with CBC more.
    static let leastSealed = 24

    /// nil for what is no record of DTLS 1.0 or 1.2, or ends before its end.
    init?(_ datagram: [UInt8], at start: Int = 0) {
        guard datagram.count - start > Self.length, let content = Content(rawValue: datagram[start]),
            datagram[start + 1] == 0xfe, datagram[start + 2] == 0xff || datagram[start + 2] == 0xfd
        else { return nil }
        self.content = content
        epoch = UInt16(datagram[start + 3]) << 8 | UInt16(datagram[start + 4])
        size = Self.length + Int(datagram[start + 11]) << 8 + Int(datagram[start + 12])
        guard size > Self.length, size <= datagram.count - start else { return nil }
    }

    /// What of a datagram libssl may see: whole records that could be authentic; nil if there are none.
    ///
    /// Libssl 3.0 takes a sealed record that is too short for a fault of its own and breaks the session
    /// (`EVP_CTRL_AEAD_TLS1_AAD` in `tls1_enc`), so that anybody could end one who knows its address. RFC 6347 section
    /// 4.1.2.7 wants it dropped.
    static func presentable(_ datagram: [UInt8]) -> (first: RecordHeader, octets: [UInt8])? {
        var first: RecordHeader?
        var place = 0
        var kept: [UInt8]?
        while let record = RecordHeader(datagram, at: place) {
            let end = place + record.size
            if record.epoch == 0 || record.size >= length + leastSealed {
                first = first ?? record
                kept?.append(contentsOf: datagram[place..<end])
            } else if kept == nil {
                kept = Array(datagram[..<place])
            }
            place = end
        }
        guard let first else { return nil }
        return (first, kept ?? (place == datagram.count ? datagram : Array(datagram[..<place])))
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
