/// Builds DER front to back in one array.
///
/// A constructed element is written with a one-octet length that is widened in place when it turns out to
/// be too small: certificates nest few levels, so moving the tail costs less than measuring first.
public struct DERWriter: Sendable {
    /// What has been written.
    public internal(set) var bytes: [UInt8] = []

    /// An empty writer that has room for `capacity` octets.
    public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// An element of `tag` whose contents `body` writes.
    public mutating func constructed(_ tag: DERTag, _ body: (inout DERWriter) -> Void) {
        bytes.append(tag.octet)
        bytes.append(0)
        let start = bytes.count
        body(&self)
        let length = bytes.count - start
        if length < 0x80 {
            bytes[start - 1] = UInt8(truncatingIfNeeded: length)
        } else {
            var octets = DERWriter()
            octets.appendLength(length)
            bytes.replaceSubrange((start - 1)..<start, with: octets.bytes)
        }
    }

    /// A SEQUENCE whose contents `body` writes.
    public mutating func sequence(_ body: (inout DERWriter) -> Void) { constructed(.sequence, body) }

    /// A SET OF the elements given, in the order that DER demands (X.690 section 11.6).
    public mutating func setOf(_ elements: [[UInt8]]) {
        constructed(.set) { writer in
            for element in elements.sorted(by: { $0.lexicographicallyPrecedes($1) }) { writer.raw(element) }
        }
    }

    /// A primitive element.
    public mutating func primitive(_ tag: DERTag, _ content: some Collection<UInt8>) {
        bytes.append(tag.octet)
        appendLength(content.count)
        bytes.append(contentsOf: content)
    }

    /// Octets that are DER already.
    public mutating func raw(_ element: some Collection<UInt8>) { bytes.append(contentsOf: element) }

    /// A BOOLEAN.
    public mutating func boolean(_ value: Bool) { primitive(.boolean, CollectionOfOne(value ? 0xFF : 0)) }

    /// A NULL.
    public mutating func null() { primitive(.null, EmptyCollection()) }

    /// An OBJECT IDENTIFIER.
    public mutating func objectIdentifier(_ value: OID) { primitive(.objectIdentifier, value.content) }

    /// An INTEGER from a big-endian magnitude of any length; leading zeros are dropped, one added if needed.
    public mutating func unsignedInteger(_ magnitude: some Collection<UInt8>) {
        let digits = magnitude.drop { $0 == 0 }
        let padding = (digits.first ?? 0x80) >= 0x80 ? 1 : 0
        bytes.append(DERTag.integer.octet)
        appendLength(digits.count + padding)
        if padding == 1 { bytes.append(0) }
        bytes.append(contentsOf: digits)
    }

    /// An OCTET STRING.
    public mutating func octetString(_ content: some Collection<UInt8>) { primitive(.octetString, content) }

    /// A BIT STRING; the caller has cleared the unused bits, which are 0…7.
    public mutating func bitString(_ bits: some Collection<UInt8>, unusedBits: UInt8 = 0) {
        bytes.append(DERTag.bitString.octet)
        appendLength(bits.count + 1)
        bytes.append(unusedBits)
        bytes.append(contentsOf: bits)
    }

    /// A UTCTime through 2049, a GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5).
    public mutating func time(_ seconds: Int64) { DERTime.append(seconds, to: &self) }

    /// The length octets for `length`, in their shortest form.
    mutating func appendLength(_ length: Int) {
        if length < 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: length))
            return
        }
        let count = DERWriter.lengthOctets(length) - 1
        bytes.append(0x80 | UInt8(truncatingIfNeeded: count))
        for place in stride(from: count - 1, through: 0, by: -1) {
            bytes.append(UInt8(truncatingIfNeeded: length >> (8 * place)))
        }
    }

    /// How many length octets `length` has in their shortest form.
    static func lengthOctets(_ length: Int) -> Int {
        length < 0x80 ? 1 : 1 + (Int.bitWidth - length.leadingZeroBitCount + 7) / 8
    }

    /// How many octets an element with contents of this length has.
    static func elementOctets(_ length: Int) -> Int { 1 + lengthOctets(length) + length }
}
