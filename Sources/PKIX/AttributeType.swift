/// What is known about a distinguished name's attribute types: names, string types and upper bounds
/// (RFC 4519, RFC 5280 appendix A.1, RFC 2985). One object a type: two are the same type when they are the same object.
public final class AttributeType: Sendable {
    /// The type's object identifier.
    public let oid: OID
    /// The name in RFC 4514 text, spelt as OpenSSL spells it.
    public let name: String
    /// The same in ASCII.
    let nameOctets: [UInt8]
    /// Other spellings that are read, in lower case.
    let aliases: [String]
    /// The string type that is written.
    let stringTag: DERTag
    /// The most characters allowed (RFC 5280 upper bounds); no bound is stated for domain components.
    public let maximum: Int
    /// The exact number of characters, where that is fixed.
    let exact: Int?

    private init(
        _ oid: [UInt8], _ name: String, _ maximum: Int, aliases: [String] = [], tag: DERTag = .utf8String,
        exact: Int? = nil
    ) {
        self.oid = OID(uncheckedContent: oid)
        self.name = name
        nameOctets = Array(name.utf8)
        self.aliases = aliases
        self.stringTag = tag
        self.maximum = maximum
        self.exact = exact
    }

    /// The common name, by which services know a device.
    public static let commonName = AttributeType([0x55, 4, 3], "CN", 64, aliases: ["commonname"])

    /// All known types.
    public static let all: [AttributeType] = [
        commonName,
        AttributeType([0x55, 4, 4], "SN", 32_768, aliases: ["surname"]),
        AttributeType([0x55, 4, 5], "serialNumber", 64, tag: .printableString),
        AttributeType([0x55, 4, 6], "C", 2, aliases: ["countryname"], tag: .printableString, exact: 2),
        AttributeType([0x55, 4, 7], "L", 128, aliases: ["localityname"]),
        AttributeType([0x55, 4, 8], "ST", 128, aliases: ["s", "stateorprovincename"]),
        AttributeType([0x55, 4, 9], "street", 128, aliases: ["streetaddress"]),
        AttributeType([0x55, 4, 10], "O", 64, aliases: ["organizationname"]),
        AttributeType([0x55, 4, 11], "OU", 64, aliases: ["organizationalunitname"]),
        AttributeType([0x55, 4, 12], "title", 64),
        AttributeType([0x55, 4, 15], "businessCategory", 128),
        AttributeType([0x55, 4, 17], "postalCode", 40),
        AttributeType([0x55, 4, 41], "name", 32_768),
        AttributeType([0x55, 4, 42], "GN", 32_768, aliases: ["givenname"]),
        AttributeType([0x55, 4, 43], "initials", 32_768),
        AttributeType([0x55, 4, 44], "generationQualifier", 32_768),
        AttributeType([0x55, 4, 46], "dnQualifier", 64, tag: .printableString),
        AttributeType([0x55, 4, 65], "pseudonym", 128),
        AttributeType([0x55, 4, 97], "organizationIdentifier", 64),
        AttributeType(
            [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, 0x01], "UID", 256, aliases: ["userid"]),
        AttributeType(
            [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, 0x19], "DC", 63,
            aliases: ["domaincomponent"], tag: .ia5String),
        AttributeType(
            [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01], "emailAddress", 255,
            aliases: ["e", "email"],
            tag: .ia5String),
    ]

    private static let byOID = Dictionary(uniqueKeysWithValues: all.map { ($0.oid, $0) })
    private static let byName = Dictionary(
        uniqueKeysWithValues: all.flatMap { type in
            ([type.name.lowercased()] + type.aliases).map { ($0, type) }
        })

    /// The type with this object identifier, if it is a known one.
    public static func known(_ oid: OID) -> AttributeType? { byOID[oid] }

    /// The place in ``all`` of the type whose object identifier has its contents at `range`, if it is a known one.
    static func index(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        // Nearly all are of the arc 2.5.4, and a batch has a hundred thousand names.
        if range.count == 3, bytes[range.lowerBound] == 0x55, bytes[range.lowerBound + 1] == 4 {
            let last = Int(bytes[range.lowerBound + 2])
            return last < indexByLastArc.count ? indexByLastArc[last] : nil
        }
        let content = bytes[range]
        return all.firstIndex { $0.oid.content.elementsEqual(content) }
    }

    /// The place of this type in ``all``: comparing numbers takes less than comparing objects.
    public var number: Int { Self.all.firstIndex { $0 === self } ?? Self.all.count }

    /// The most and the exact numbers of characters of the types, in the order of ``all``.
    static let bounds: [(maximum: Int, exact: Int?)] = all.map { ($0.maximum, $0.exact) }

    /// The place of ``commonName`` in ``all``.
    static let commonNameIndex = 0

    /// The places in ``all`` of the types 2.5.4.n, by n.
    private static let indexByLastArc: [Int?] = (0..<128).map { last in
        all.firstIndex { $0.oid.content == [0x55, 4, UInt8(last)] }
    }

    /// The type with this name in any letter case, if it is a known one.
    public static func named(_ name: String) -> AttributeType? { byName[name.lowercased()] }
}
