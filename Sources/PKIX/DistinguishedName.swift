import Diagnostics

/// An X.501 distinguished name (RFC 5280 section 4.1.2.4): the original DER, which is what is compared and
/// copied into certificates, and its attributes on demand.
public struct DistinguishedName: Hashable, Sendable {
    /// One attribute of a relative distinguished name.
    public struct Attribute: Hashable, Sendable {
        /// The attribute's type, for example 2.5.4.3 for commonName.
        public let type: OID
        /// The value's string type.
        public let tag: DERTag
        /// The value's contents octets.
        public let content: [UInt8]

        /// The value as text; nil if its type is no character string.
        public var text: String? { DistinguishedName.text(tag: tag, content: content[...]) }
    }

    /// The text of a value's contents octets; nil if `tag` is no character string.
    public static func text(tag: DERTag, content: ArraySlice<UInt8>) -> String? {
        guard let scalars = DirectoryString.scalars(tag, content) else { return nil }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    /// Where one attribute lies in ``der``.
    public struct Place: Sendable {
        /// The number of its relative name, from 0.
        let relativeName: Int
        /// The contents of its type's OBJECT IDENTIFIER.
        public let type: Range<Int>
        /// The value's string type.
        public let tag: DERTag
        /// The value's contents octets.
        public let content: Range<Int>
        /// The ``AttributeType/number`` of its type, if it is a known one.
        public let knownType: Int?

        /// What all of the content's octets are.
        let kinds: OctetKinds

        /// What is known of its type.
        public var known: AttributeType? { knownType.map { AttributeType.all[$0] } }
        var isCommonName: Bool { knownType == AttributeType.commonNameIndex }
    }

    /// The whole RDNSequence as it was encoded.
    public let der: [UInt8]
    /// The attributes in the order of the encoding (most general first).
    public let places: [Place]

    /// Reads a name that is exactly one RDNSequence.
    public init(der: [UInt8]) throws(DERError) {
        var reader = DERReader(der)
        try self.init(reading: &reader, "name")
        try reader.finish("name")
    }

    /// Reads the next element of `reader` as a name.
    init(reading reader: inout DERReader, _ what: StaticString) throws(DERError) {
        let element = try reader.read(.sequence, what)
        var places: [Place] = []
        // A device's name has about as many.
        places.reserveCapacity(4)
        try reader.within(element.content, what) { rdns throws(DERError) in
            var number = 0
            while !rdns.isAtEnd {
                try Self.readRelativeName(&rdns, number, element.start, &places)
                number += 1
            }
        }
        der = reader.copy(element.whole)
        self.places = places
    }

    public static func == (left: DistinguishedName, right: DistinguishedName) -> Bool {
        left.der == right.der
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(der) }

    /// Whether the name has no attributes.
    public var isEmpty: Bool { der.count <= 2 }

    /// The relative distinguished names in the order of the encoding (most general first).
    public var relativeNames: [[Attribute]] {
        var result: [[Attribute]] = []
        for place in places {
            let attribute = Attribute(
                type: OID(uncheckedContent: Array(der[place.type])), tag: place.tag,
                content: Array(der[place.content]))
            if place.relativeName < result.count {
                result[place.relativeName].append(attribute)
            } else {
                result.append([attribute])
            }
        }
        return result
    }

    /// How many attributes are a commonName.
    public var commonNameCount: Int {
        var count = 0
        for place in places where place.isCommonName { count += 1 }
        return count
    }

    /// The text of the last, that is most specific, commonName.
    public var commonName: String? {
        guard let found = places.last(where: \.isCommonName) else { return nil }
        let content = der[found.content]
        if found.kinds.contains(.ascii) { return String(decoding: content, as: UTF8.self) }
        return Self.text(tag: found.tag, content: content)
    }

    /// The octets of the last commonName, where they are ASCII and its characters; nil also where there is none.
    public var commonNameASCII: ArraySlice<UInt8>? {
        guard let found = places.last(where: \.isCommonName) else { return nil }
        return found.kinds.contains(.ascii) ? der[found.content] : nil
    }

    /// Why the name should not stand in a certificate: an attribute with characters that cannot be seen, an empty one or
    /// one beyond the upper bounds of RFC 5280 appendix A.1; nil if nothing is wrong.
    public var unfitness: String? {
        for place in places {
            if let reason = unfitness(of: place) { return reason }
        }
        return nil
    }

    private func unfitness(of place: Place) -> String? {
        // Nearly all names are ASCII within the bounds: every certificate of a batch comes through here.
        if isWithinBounds(place), place.kinds.contains(.visible) { return nil }
        let type = place.known
        let content = der[place.content]
        let name = type?.name ?? OID(uncheckedContent: Array(der[place.type])).description
        guard let scalars = DirectoryString.scalars(place.tag, content) else {
            return "\(name) is not a character string"
        }
        return Self.unfitness(of: scalars, type, name)
    }

    /// Whether a value, if each of its octets is a character, has as many as its type wants.
    private func isWithinBounds(_ place: Place) -> Bool {
        let count = place.content.count
        guard let number = place.knownType else { return (1...32_768).contains(count) }
        let bounds = AttributeType.bounds[number]
        return count > 0 && count <= bounds.maximum && bounds.exact ?? count == count
    }

    static func unfitness(of scalars: [Unicode.Scalar], _ type: AttributeType?, _ name: String) -> String? {
        guard !scalars.isEmpty else { return "\(name) is empty" }
        if scalars.contains(where: { $0.properties.generalCategory == .control }) {
            return "\(name) holds a control character"
        }
        if let hidden = scalars.first(where: \.isInvisible) {
            let code = String(hidden.value, radix: 16, uppercase: true)
            return "\(name) holds a character that cannot be seen, U+"
                + String(repeating: "0", count: max(0, 4 - code.utf8.count)) + code
        }
        if let exact = type?.exact, scalars.count != exact {
            return "\(name) must have \(exact) characters, found \(scalars.count)"
        }
        let maximum = type?.maximum ?? 32_768
        guard scalars.count <= maximum else {
            return "\(name) may have at most \(maximum) characters, found \(scalars.count)"
        }
        return nil
    }

    /// Reads one SET OF AttributeTypeAndValue: not empty, in DER order, values sound for their types.
    ///
    /// - Parameter origin: where the name begins, from which places count.
    private static func readRelativeName(
        _ rdns: inout DERReader, _ number: Int, _ origin: Int, _ places: inout [Place]
    ) throws(DERError) {
        let start = rdns.position
        try rdns.within(.set, "relative distinguished name") { attributes throws(DERError) in
            guard !attributes.isAtEnd else { throw DERError(start, "relative distinguished name is empty") }
            var previous: Range<Int>?
            while !attributes.isAtEnd {
                let element = try attributes.read(.sequence, "attribute of a name")
                if let previous {
                    let before = attributes.bytes[previous]
                    let after = attributes.bytes[element.whole]
                    guard before.lexicographicallyPrecedes(after) else {
                        throw DERError(
                            element.start,
                            "attributes of a relative distinguished name are not in DER order")
                    }
                }
                previous = element.whole
                try attributes.within(element.content, "attribute of a name") { attribute throws(DERError) in
                    places.append(try readAttribute(&attribute, number, origin))
                }
            }
        }
    }

    /// Why a value is none of its string type, with the attribute and the character.
    private static func misfit(_ type: OID, _ tag: DERTag, _ content: ArraySlice<UInt8>) -> String {
        let name = AttributeType.all.first { $0.oid == type }?.name ?? type.description
        let said = "attribute value does not fit its string type: \(name)"
        guard tag == .printableString, let octet = content.first(where: { !DirectoryString.isPrintable($0) })
        else { return said }
        let found = 0x21...0x7E ~= octet ? "'\(Character(Unicode.Scalar(octet)))'" : "octet \(octet)"
        return said + ", a PrintableString, has \(found)"
    }

    private static func readAttribute(
        _ attribute: inout DERReader, _ number: Int, _ origin: Int
    ) throws(DERError) -> Place {
        let type = try attribute.objectIdentifierRange("attribute type")
        let value = try attribute.next()
        guard DirectoryString.isTag(value.tag) else {
            throw DERError(value.start, "attribute value is not a character string of a name")
        }
        let content = value.content
        let kinds = OctetKinds(of: attribute.bytes, content, in: value.tag)
        guard
            kinds.contains(.ascii) && value.tag == .utf8String
                || DirectoryString.isWellFormed(value.tag, attribute.bytes, content)
        else {
            throw DERError(
                value.start,
                misfit(OID(uncheckedContent: attribute.copy(type)), value.tag, attribute.bytes[content]))
        }
        return Place(
            relativeName: number, type: (type.lowerBound - origin)..<(type.upperBound - origin),
            tag: value.tag, content: (content.lowerBound - origin)..<(content.upperBound - origin),
            knownType: AttributeType.index(attribute.bytes, type), kinds: kinds)
    }
}
