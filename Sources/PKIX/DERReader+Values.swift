extension DERReader {
    /// Reads an INTEGER in its shortest form; the range is its two's complement contents, at least 1 octet.
    public mutating func integer(_ what: StaticString) throws(DERError) -> Range<Int> {
        let element = try read(.integer, what)
        let range = element.content
        guard !range.isEmpty else { throw DERError(element.start, "\(what) is an empty INTEGER") }
        if range.count > 1 {
            let first = bytes[range.lowerBound]
            let second = bytes[range.lowerBound + 1]
            guard !(first == 0 && second < 0x80), !(first == 0xFF && second >= 0x80) else {
                throw DERError(element.start, "\(what) is not the shortest INTEGER")
            }
        }
        return range
    }

    /// Reads a non-negative INTEGER that fits 31 bits.
    public mutating func smallInteger(_ what: StaticString) throws(DERError) -> Int {
        let start = position
        let range = try integer(what)
        guard bytes[range.lowerBound] < 0x80, range.count <= 4 else {
            throw DERError(start, "expected \(what) in 0…2147483647")
        }
        return bytes[range].reduce(0) { $0 << 8 | Int($1) }
    }

    /// Reads a BOOLEAN, whose only encodings are 00 and FF.
    public mutating func boolean(_ what: StaticString) throws(DERError) -> Bool {
        let element = try read(.boolean, what)
        guard element.content.count == 1 else { throw DERError(element.start, "\(what) is not one octet") }
        switch bytes[element.content.lowerBound] {
        case 0x00: return false
        case 0xFF: return true
        default: throw DERError(element.start, "\(what) is neither 00 nor ff")
        }
    }

    /// Reads a BIT STRING: the number of unused bits (0…7, all of them zero) and the octets of bits.
    public mutating func bitString(
        _ what: StaticString
    ) throws(DERError) -> (unusedBits: UInt8, bits: Range<Int>) {
        try bitString(of: read(.bitString, what), what)
    }

    /// The same for an element that has been read already, for example under an implicit tag.
    public func bitString(
        of element: Element, _ what: StaticString
    ) throws(DERError) -> (unusedBits: UInt8, bits: Range<Int>) {
        let range = element.content
        guard !range.isEmpty else { throw DERError(element.start, "\(what) has no unused-bits octet") }
        let unused = bytes[range.lowerBound]
        let bits = (range.lowerBound + 1)..<range.upperBound
        guard unused <= 7, unused == 0 || !bits.isEmpty else {
            throw DERError(element.start, "\(what) has an impossible number of unused bits")
        }
        if unused > 0, bytes[bits.upperBound - 1] & (UInt8(1) << unused &- 1) != 0 {
            throw DERError(element.start, "\(what) has unused bits that are not zero")
        }
        return (unused, bits)
    }

    /// Reads a BIT STRING of whole octets.
    public mutating func octetAlignedBitString(_ what: StaticString) throws(DERError) -> Range<Int> {
        let start = position
        let (unused, bits) = try bitString(what)
        guard unused == 0 else { throw DERError(start, "expected \(what) of whole octets") }
        return bits
    }

    /// Reads an OCTET STRING; the range is its contents.
    public mutating func octetString(_ what: StaticString) throws(DERError) -> Range<Int> {
        try read(.octetString, what).content
    }

    /// Reads a NULL.
    public mutating func null(_ what: StaticString) throws(DERError) {
        let element = try read(.null, what)
        guard element.content.isEmpty else {
            throw DERError(element.start, "\(what) is a NULL with contents")
        }
    }

    /// Reads an OBJECT IDENTIFIER; the range is its contents, checked to be whole shortest-form arcs.
    public mutating func objectIdentifierRange(_ what: StaticString) throws(DERError) -> Range<Int> {
        let element = try read(.objectIdentifier, what)
        guard OID.isWellFormed(bytes, element.content) else {
            throw DERError(element.start, "\(what) is a malformed OBJECT IDENTIFIER")
        }
        return element.content
    }

    /// Reads an OBJECT IDENTIFIER.
    public mutating func objectIdentifier(_ what: StaticString) throws(DERError) -> OID {
        OID(uncheckedContent: copy(try objectIdentifierRange(what)))
    }
}
