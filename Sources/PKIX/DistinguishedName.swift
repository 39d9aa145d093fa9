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

    /// How many attributes are a commonName.
    public var commonNameCount: Int {
        var count = 0
        visitAttributes { reader, _, type, _ in
            if reader.matches(type, AttributeType.commonName.oid.content) { count += 1 }
            return true
        }
        return count
    }

    /// The text of the last, that is most specific, commonName.
    public var commonName: String? {
        var found: (tag: DERTag, content: Range<Int>)?
        visitAttributes { reader, _, type, value in
            if reader.matches(type, AttributeType.commonName.oid.content) {
                found = (value.tag, value.content)
            }
            return true
        }
        guard let found else { return nil }
        let content = der[found.content]
        if DirectoryString.isASCII(found.tag, content) { return String(decoding: content, as: UTF8.self) }
        return Attribute(type: AttributeType.commonName.oid, tag: found.tag, content: Array(content)).text
    }

    /// Why the name should not stand in a certificate: an attribute with control characters, an empty one or
    /// one beyond the upper bounds of RFC 5280 appendix A.1; nil if nothing is wrong.
    public var unfitness: String? {
        var reason: String?
        visitAttributes { reader, _, type, value in
            reason = unfitness(of: value, reader, type)
            return reason == nil
        }
        return reason
    }

    private func unfitness(
        of value: DERReader.Element, _ reader: DERReader, _ typeRange: Range<Int>
    ) -> String? {
        let type = AttributeType.known(reader, typeRange)
        let content = der[value.content]
        // Nearly all names are ASCII within the bounds: every certificate of a batch comes through here.
        if DirectoryString.isASCII(value.tag, content), !content.isEmpty,
            content.count <= type?.maximum ?? 32_768, type?.exact ?? content.count == content.count,
            content.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        {
            return nil
        }
        let name = type?.name ?? OID(uncheckedContent: reader.copy(typeRange)).description
        guard let scalars = DirectoryString.scalars(value.tag, content) else {
            return "\(name) is not a character string"
        }
        return Self.unfitness(of: scalars, type, name)
    }

    /// Calls `body` with each attribute's type (what is known of it, and the contents of its OBJECT IDENTIFIER), string
    /// type and contents, in the order of the encoding, until it answers `false`: nothing is copied.
    public func forEachAttribute(
        _ body: (
            _ known: AttributeType?, _ type: ArraySlice<UInt8>, _ tag: DERTag, _ content: ArraySlice<UInt8>
        ) -> Bool
    ) {
        visitAttributes { reader, _, type, value in
            body(
                AttributeType.known(reader, type),
                reader.bytes[type.clamped(to: 0..<reader.bytes.count)], value.tag, der[value.content])
        }
    }

    /// Calls `body` with each attribute: the place of its relative name, its type and its value, in the order of the
    /// encoding, until it answers `false`.
    ///
    /// The DER was checked when the name was made, so reading it again cannot fail.
    func visitAttributes(_ body: (DERReader, Int, Range<Int>, DERReader.Element) -> Bool) {
        do throws(DERError) {
            var reader = DERReader(der)
            var rdns = try reader.enter(.sequence, "name")
            while !rdns.isAtEnd {
                let place = rdns.position
                var set = try rdns.enter(.set, "relative distinguished name")
                while !set.isAtEnd {
                    var attribute = try set.enter(.sequence, "attribute of a name")
                    let type = try attribute.read(.objectIdentifier, "attribute type").content
                    guard body(attribute, place, type, try attribute.next()) else { return }
                }
            }
        } catch {}
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
