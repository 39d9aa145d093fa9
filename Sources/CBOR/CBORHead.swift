/// The head of a data item: initial byte and argument (RFC 8949 §3). Checked, so every use may rely on it.
struct CBORHead {
    /// 0 to 7.
    let majorType: UInt8
    /// Low five bits of the initial byte: 0 to 27 or 31.
    let information: UInt8
    /// The argument; 0 for an indefinite length and for "break".
    let argument: UInt64
    /// Offset of the first byte after the head.
    let next: Int

    /// "break", or an indefinite length.
    var isIndefinite: Bool { information == 31 }
    var isBreak: Bool { information == 31 && majorType == 7 }

    /// Reads the head at `offset` of `bytes[..<end]`.
    ///
    /// Strict refuses indefinite lengths and numbers in more bytes than they need. The argument of a
    /// float is its bit pattern, which has no shorter form here.
    @inline(__always)
    static func read(
        _ bytes: [UInt8], at offset: Int, end: Int, strict: Bool
    ) throws(CBORError) -> CBORHead {
        guard offset < end, offset >= 0, end <= bytes.count else {
            throw CBORError(offset: offset, reason: .endOfInput)
        }
        let initial = bytes[offset]
        let information = initial & 0x1f
        if information < 24 {
            return CBORHead(
                majorType: initial >> 5, information: information, argument: UInt64(information),
                next: offset + 1)
        }
        return try readLong(bytes, at: offset, end: end, strict: strict)
    }

    private static func readLong(
        _ bytes: [UInt8], at offset: Int, end: Int, strict: Bool
    ) throws(CBORError) -> CBORHead {
        let majorType = bytes[offset] >> 5
        let information = bytes[offset] & 0x1f
        guard information < 28 else {
            try checkIndefinite(majorType, information, at: offset, strict: strict)
            return CBORHead(
                majorType: majorType, information: information, argument: 0, next: offset + 1)
        }
        let width = 1 << Int(information - 24)
        let available = end - offset - 1
        guard available >= width else {
            throw CBORError(
                offset: offset, reason: .truncated(needed: UInt64(width), available: available))
        }
        var argument: UInt64 = 0
        for index in (offset + 1)...(offset + width) {
            argument = argument << 8 | UInt64(bytes[index])
        }
        if majorType == 7 {
            if information == 24 && argument < 32 {
                throw CBORError(offset: offset, reason: .reservedSimpleValue(UInt8(argument)))
            }
        } else if strict {
            let least: UInt64 = information == 24 ? 24 : 1 << UInt64(width * 4)
            guard argument >= least else { throw CBORError(offset: offset, reason: .notShortest) }
        }
        return CBORHead(
            majorType: majorType, information: information, argument: argument,
            next: offset + 1 + width)
    }

    /// Additional information 28 to 31: passes only for an indefinite length or "break" in general mode.
    private static func checkIndefinite(
        _ majorType: UInt8, _ information: UInt8, at offset: Int, strict: Bool
    ) throws(CBORError) {
        switch (information, majorType) {
        case (31, 2...5):
            if strict { throw CBORError(offset: offset, reason: .indefiniteLength) }
        case (31, 7):
            if strict { throw CBORError(offset: offset, reason: .unexpectedBreak) }
        default:
            throw CBORError(offset: offset, reason: .reservedAdditionalInformation(information))
        }
    }
}
