extension Message {
    /// Reads a datagram. It has one encoding: what is read is written the same.
    ///
    /// - Throws: ``MalformedMessage``, which says whether a reset is due.
    public init(datagram: [UInt8]) throws(MalformedMessage) {
        var reader = OctetReader(datagram[...])
        guard let first = reader.next(), let code = reader.next(), let high = reader.next(),
            let low = reader.next()
        else { throw MalformedMessage(reason: .header, resetID: nil) }
        guard first >> 6 == 1, let type = MessageType(rawValue: first >> 4 & 3) else {
            throw MalformedMessage(reason: .version, resetID: nil)
        }
        self.type = type
        self.code = Code(rawValue: code)
        messageID = UInt16(high) << 8 | UInt16(low)
        token = .none
        options = []
        payload = []
        // An acknowledgement or reset is never answered with a reset: two sides would answer each other for ever.
        let resetID = type == .confirmable || type == .nonConfirmable ? messageID : nil
        func malformed(_ reason: MalformedMessage.Reason) -> MalformedMessage {
            MalformedMessage(reason: reason, resetID: resetID)
        }
        guard datagram.count <= Self.maximumSize else { throw malformed(.size) }
        switch (self.code.kind, type) {
        case (.reserved, _): throw malformed(.reservedCode)
        case (.empty, .nonConfirmable), (.request, .acknowledgement), (.request, .reset), (.response, .reset):
            throw malformed(.type)
        default: break
        }
        let tokenLength = Int(first & 15)
        if self.code.kind == .empty {
            guard tokenLength == 0, reader.isAtEnd else { throw malformed(.emptyWithContent) }
            return
        }
        guard let octets = reader.take(tokenLength), let token = Token(octets) else {
            throw malformed(.token)
        }
        self.token = token
        guard let marker = try readOptions(&reader, malformed) else { return }
        guard marker, !reader.isAtEnd else { throw malformed(.emptyPayload) }
        payload = reader.rest()
    }

    /// True where the payload marker was read, nil at the end of the datagram.
    private mutating func readOptions(
        _ reader: inout OctetReader, _ malformed: (MalformedMessage.Reason) -> MalformedMessage
    ) throws(MalformedMessage) -> Bool? {
        var number = 0
        while let head = reader.next() {
            if head == Self.payloadMarker { return true }
            guard options.count < Self.maximumOptions else { throw malformed(.optionCount) }
            guard let delta = reader.extended(head >> 4), let length = reader.extended(head & 15) else {
                throw malformed(.option)
            }
            number += delta
            guard let number = UInt16(exactly: number), let value = reader.take(length) else {
                throw malformed(.option)
            }
            options.append(MessageOption(OptionNumber(rawValue: number), unchecked: value))
        }
        return nil
    }

    static let payloadMarker: UInt8 = 0xff
}

/// Octets one after the other, never beyond their end.
private struct OctetReader {
    private var left: ArraySlice<UInt8>

    init(_ octets: ArraySlice<UInt8>) { left = octets }

    var isAtEnd: Bool { left.isEmpty }

    mutating func next() -> UInt8? { left.popFirst() }

    /// Exactly so many, or nil.
    mutating func take(_ count: Int) -> [UInt8]? {
        guard count <= left.count else { return nil }
        defer { left = left.dropFirst(count) }
        return Array(left.prefix(count))
    }

    mutating func rest() -> [UInt8] {
        defer { left = [] }
        return Array(left)
    }

    /// A delta or length with the octets that extend it; nil for the reserved 15 and where they are cut.
    mutating func extended(_ nibble: UInt8) -> Int? {
        switch nibble {
        case 13: next().map { Int($0) + 13 }
        case 14: take(2).map { $0.reduce(0) { $0 << 8 | Int($1) } + 269 }
        case 15: nil
        default: Int(nibble)
        }
    }
}
