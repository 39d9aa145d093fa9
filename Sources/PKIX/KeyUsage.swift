/// The named bits of the KeyUsage extension (RFC 5280 section 4.2.1.3).
public struct KeyUsage: OptionSet, Hashable, Sendable {
    /// Bit n of the raw value is named bit n of the extension, 0…8.
    public let rawValue: UInt16

    /// The bits that RFC 5280 defines; others are dropped.
    public init(rawValue: UInt16) { self.rawValue = rawValue & 0x1FF }

    /// Bit 0: signatures other than those on certificates and CRLs.
    public static let digitalSignature = KeyUsage(rawValue: 1 << 0)
    /// Bit 1: signatures that the signer cannot disown.
    public static let nonRepudiation = KeyUsage(rawValue: 1 << 1)
    /// Bit 2: encrypting keys.
    public static let keyEncipherment = KeyUsage(rawValue: 1 << 2)
    /// Bit 3: encrypting data without a key between.
    public static let dataEncipherment = KeyUsage(rawValue: 1 << 3)
    /// Bit 4: agreeing on keys, as ECDH does.
    public static let keyAgreement = KeyUsage(rawValue: 1 << 4)
    /// Bit 5: signing certificates.
    public static let keyCertSign = KeyUsage(rawValue: 1 << 5)
    /// Bit 6: signing revocation lists.
    public static let crlSign = KeyUsage(rawValue: 1 << 6)
    /// Bit 7: key agreement for encrypting only.
    public static let encipherOnly = KeyUsage(rawValue: 1 << 7)
    /// Bit 8: key agreement for decrypting only.
    public static let decipherOnly = KeyUsage(rawValue: 1 << 8)

    /// The names in RFC 5280, in the order of the bits.
    public static let bitNames = [
        "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
        "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
    ]

    /// The names of the bits that are set.
    public var names: [String] {
        Self.bitNames.enumerated().compactMap { rawValue & (1 << UInt16($0.offset)) != 0 ? $0.element : nil }
    }

    /// The bit with this name in RFC 5280.
    public init?(name: String) {
        guard let bit = Self.bitNames.firstIndex(of: name) else { return nil }
        self.init(rawValue: 1 << UInt16(truncatingIfNeeded: bit))
    }

    /// Reads the BIT STRING of a KeyUsage extension's value: a named bit list, so without trailing zero bits.
    public init(der: [UInt8]) throws(DERError) {
        var reader = DERReader(der)
        try self.init(reading: &reader)
        try reader.finish("key usage")
    }

    init(reading reader: inout DERReader) throws(DERError) {
        let start = reader.position
        let (unused, bits) = try reader.bitString("key usage")
        guard bits.count <= 2 else { throw DERError(start, "key usage has more than 9 bits") }
        var value: UInt16 = 0
        for (index, octet) in reader.bytes[bits].enumerated() {
            for bit in 0..<8 where octet & (0x80 >> UInt8(bit)) != 0 {
                guard index * 8 + bit <= 8 else { throw DERError(start, "key usage has more than 9 bits") }
                value |= 1 << UInt16(index * 8 + bit)
            }
        }
        // RFC 5280: at least one bit is set. X.690 section 11.2.2: the last encoded bit is set.
        guard let last = reader.bytes[bits].last, last & (1 << unused) != 0 else {
            throw DERError(start, "key usage is empty or ends in zero bits")
        }
        self.init(rawValue: value)
    }

    /// The BIT STRING.
    var der: [UInt8] {
        var octets: [UInt8] = [0, 0]
        for bit in 0..<9 where rawValue & (1 << UInt16(bit)) != 0 {
            octets[bit / 8] |= 0x80 >> UInt8(bit % 8)
        }
        if octets[1] == 0 { octets.removeLast() }
        if octets == [0] { octets = [] }
        var writer = DERWriter()
        writer.bitString(
            octets, unusedBits: UInt8(truncatingIfNeeded: octets.last?.trailingZeroBitCount ?? 0))
        return writer.bytes
    }
}
