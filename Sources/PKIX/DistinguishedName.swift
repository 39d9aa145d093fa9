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
        public var text: String? {
            guard let scalars = DirectoryString.scalars(tag, content[...]) else { return nil }
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars)
            return String(text)
        }
    }

    /// The whole RDNSequence as it was encoded.
    public let der: [UInt8]

    /// Reads a name that is exactly one RDNSequence.
    public init(der: [UInt8]) throws(DERError) {
        var reader = DERReader(der)
        try self.init(reading: &reader, "name")
        try reader.finish("name")
    }

    /// Reads the next element of `reader` as a name.
    init(reading reader: inout DERReader, _ what: StaticString) throws(DERError) {
        let element = try reader.read(.sequence, what)
        var rdns = reader.contents(of: element)
        while !rdns.isAtEnd { try Self.checkRelativeName(&rdns) }
        der = reader.copy(element.whole)
    }

    init(uncheckedDER: [UInt8]) { der = uncheckedDER }

    /// Whether the name has no attributes.
    public var isEmpty: Bool { der.count <= 2 }

    /// The relative distinguished names in the order of the encoding (most general first).
    public var relativeNames: [[Attribute]] {
        // The DER was checked when the name was made, so reading it again cannot fail.
        (try? parsedRelativeNames()) ?? []
    }

    /// The text of the last, that is most specific, commonName.
    public var commonName: String? {
        relativeNames.joined().last { $0.type == AttributeType.commonName.oid }?.text
    }

    /// Why the name should not stand in a certificate: an attribute with control characters, an empty one or
    /// one beyond the upper bounds of RFC 5280 appendix A.1; nil if nothing is wrong.
    public var unfitness: String? {
        for attribute in relativeNames.joined() {
            let name = AttributeType.known(attribute.type)?.name ?? attribute.type.description
            guard let scalars = DirectoryString.scalars(attribute.tag, attribute.content[...]) else {
                return "\(name) is not a character string"
            }
            if let reason = Self.unfitness(of: scalars, AttributeType.known(attribute.type), name) {
                return reason
            }
        }
        return nil
    }

    static func unfitness(of scalars: [Unicode.Scalar], _ type: AttributeType?, _ name: String) -> String? {
        guard !scalars.isEmpty else { return "\(name) is empty" }
        if scalars.contains(where: { $0.properties.generalCategory == .control }) {
            return "\(name) holds a control character"
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

    /// Checks one SET OF AttributeTypeAndValue: not empty, in DER order, values sound for their types.
    private static func checkRelativeName(_ rdns: inout DERReader) throws(DERError) {
        let start = rdns.position
        var attributes = try rdns.enter(.set, "relative distinguished name")
        guard !attributes.isAtEnd else { throw DERError(start, "relative distinguished name is empty") }
        var previous: Range<Int>?
        while !attributes.isAtEnd {
            let element = try attributes.read(.sequence, "attribute of a name")
            if let previous {
                let before = attributes.bytes[previous]
                let after = attributes.bytes[element.whole]
                guard before.lexicographicallyPrecedes(after) else {
                    throw DERError(
                        element.start, "attributes of a relative distinguished name are not in DER order")
                }
            }
            previous = element.whole
            var attribute = attributes.contents(of: element)
            _ = try attribute.objectIdentifierRange("attribute type")
            let value = try attribute.next()
            guard DirectoryString.tags.contains(value.tag) else {
                throw DERError(value.start, "attribute value is not a character string of a name")
            }
            guard DirectoryString.isWellFormed(value.tag, attributes.bytes, value.content) else {
                throw DERError(value.start, "attribute value does not fit its string type")
            }
            try attribute.finish("attribute of a name")
        }
    }

    private func parsedRelativeNames() throws(DERError) -> [[Attribute]] {
        var reader = DERReader(der)
        var rdns = try reader.enter(.sequence, "name")
        var result: [[Attribute]] = []
        while !rdns.isAtEnd {
            var set = try rdns.enter(.set, "relative distinguished name")
            var attributes: [Attribute] = []
            while !set.isAtEnd {
                var attribute = try set.enter(.sequence, "attribute of a name")
                let type = try attribute.objectIdentifier("attribute type")
                let value = try attribute.next()
                attributes.append(
                    Attribute(type: type, tag: value.tag, content: attribute.copy(value.content)))
            }
            result.append(attributes)
        }
        return result
    }
}
