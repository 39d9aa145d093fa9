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

    /// Universal 1: BOOLEAN.
    public static let boolean = DERTag(0x01)
    /// Universal 2: INTEGER.
    public static let integer = DERTag(0x02)
    /// Universal 3: BIT STRING.
    public static let bitString = DERTag(0x03)
    /// Universal 4: OCTET STRING.
    public static let octetString = DERTag(0x04)
    /// Universal 5: NULL.
    public static let null = DERTag(0x05)
    /// Universal 6: OBJECT IDENTIFIER.
    public static let objectIdentifier = DERTag(0x06)
    /// Universal 10: ENUMERATED.
    public static let enumerated = DERTag(0x0A)
    /// Universal 12: UTF8String.
    public static let utf8String = DERTag(0x0C)
    /// Universal 18: NumericString.
    public static let numericString = DERTag(0x12)
    /// Universal 19: PrintableString.
    public static let printableString = DERTag(0x13)
    /// Universal 20: TeletexString, in practice Latin-1.
    public static let t61String = DERTag(0x14)
    /// Universal 22: IA5String, that is ASCII.
    public static let ia5String = DERTag(0x16)
    /// Universal 23: UTCTime.
    public static let utcTime = DERTag(0x17)
    /// Universal 24: GeneralizedTime.
    public static let generalizedTime = DERTag(0x18)
    /// Universal 28: UniversalString, UTF-32.
    public static let universalString = DERTag(0x1C)
    /// Universal 30: BMPString, UTF-16 without surrogates.
    public static let bmpString = DERTag(0x1E)
    /// Universal 16, constructed: SEQUENCE and SEQUENCE OF.
    public static let sequence = DERTag(0x30)
    /// Universal 17, constructed: SET and SET OF.
    public static let set = DERTag(0x31)
}
