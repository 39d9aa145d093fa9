/// One identifier octet (X.690 section 8.1.2); the high-tag-number form never occurs in PKIX structures.
public struct DERTag: Hashable, Sendable {
    /// Class, constructed bit and number as encoded.
    public let octet: UInt8

    /// The tag with this identifier octet.
    public init(_ octet: UInt8) { self.octet = octet }

    /// A constructed context-specific tag `[number]`, `number` in 0…30.
    public static func constructed(_ number: UInt8) -> DERTag { DERTag(0xA0 | (number & 0x1F)) }
    /// A primitive context-specific tag `[number]`, `number` in 0…30.
    public static func primitive(_ number: UInt8) -> DERTag { DERTag(0x80 | (number & 0x1F)) }

    /// Whether the contents are themselves elements.
    public var isConstructed: Bool { octet & 0x20 != 0 }

    public static let boolean = DERTag(0x01)
    public static let integer = DERTag(0x02)
    public static let bitString = DERTag(0x03)
    public static let octetString = DERTag(0x04)
    public static let null = DERTag(0x05)
    public static let objectIdentifier = DERTag(0x06)
    public static let enumerated = DERTag(0x0A)
    public static let utf8String = DERTag(0x0C)
    public static let numericString = DERTag(0x12)
    public static let printableString = DERTag(0x13)
    public static let t61String = DERTag(0x14)
    public static let ia5String = DERTag(0x16)
    public static let utcTime = DERTag(0x17)
    public static let generalizedTime = DERTag(0x18)
    public static let visibleString = DERTag(0x1A)
    public static let universalString = DERTag(0x1C)
    public static let bmpString = DERTag(0x1E)
    public static let sequence = DERTag(0x30)
    public static let set = DERTag(0x31)
}
