extension DistinguishedName {
    /// Why text is not a distinguished name: lower case, no full stop.
    public struct TextError: Error, Equatable, Sendable {
        /// What was expected and what was found.
        public let reason: String
    }

    /// Reads RFC 4514 text (`CN=sensor-7,O=Example`, most specific first, as ``description`` prints it) or, if it
    /// begins with a slash, OpenSSL's (`/O=Example/CN=sensor-7`, most general first).
    ///
    /// Types are names or dotted object identifiers. Values become PrintableString for C, serialNumber and
    /// dnQualifier, IA5String for DC and emailAddress, UTF8String otherwise.
    public init(text: String) throws(TextError) {
        var parser = TextParser(text)
        var rdns = try parser.relativeNames()
        if !parser.startsWithSlash { rdns.reverse() }
        var writer = DERWriter()
        writer.sequence { writer in
            for attributes in rdns { writer.setOf(attributes) }
        }
        do {
            try self.init(der: writer.bytes)
        } catch {
            throw TextError(reason: "\(error.reason)")
        }
    }
}

/// Splits the text of a name; every value is checked against its type's alphabet and bounds.
private struct TextParser {
    let startsWithSlash: Bool
    private var rest: Substring.UnicodeScalarView

    init(_ text: String) {
        startsWithSlash = text.unicodeScalars.first == "/"
        rest = Substring(text).unicodeScalars
        if startsWithSlash { rest.removeFirst() }
    }

    private typealias TextError = DistinguishedName.TextError

    /// Each relative name as its encoded attributes.
    mutating func relativeNames() throws(DistinguishedName.TextError) -> [[[UInt8]]] {
        guard !rest.isEmpty else {
            throw TextError(reason: "expected a distinguished name, found empty text")
        }
        var result: [[[UInt8]]] = []
        while true {
            var attributes: [[UInt8]] = []
            repeat { attributes.append(try attribute()) } while take("+")
            guard Set(attributes).count == attributes.count else {
                throw TextError(reason: "an attribute occurs twice in one relative distinguished name")
            }
            result.append(attributes)
            guard take(separator) else { break }
        }
        return result
    }

    private var separator: Unicode.Scalar { startsWithSlash ? "/" : "," }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func skipSpaces() { while take(" ") {} }

    /// One `type=value`, encoded.
    private mutating func attribute() throws(DistinguishedName.TextError) -> [UInt8] {
        skipSpaces()
        guard let equals = rest.firstIndex(of: "=") else {
            throw TextError(reason: "expected TYPE=VALUE, found \"\(String(Substring(rest)))\"")
        }
        var name = String(Substring(rest[..<equals]))
        while name.last == " " { name.removeLast() }
        rest = rest[rest.index(after: equals)...]
        let known = AttributeType.named(name) ?? OID(name).flatMap(AttributeType.known)
        guard let oid = known?.oid ?? OID(name) else {
            throw TextError(reason: "unknown attribute type \"\(name)\"")
        }
        skipSpaces()
        var writer = DERWriter()
        if rest.first == "#" {
            let value = try hexadecimalValue(name)
            if let reason = Self.unfitness(of: value, known, name) { throw TextError(reason: reason) }
            writer.sequence { writer in
                writer.objectIdentifier(oid)
                writer.raw(value)
            }
            return writer.bytes
        }
        let scalars = try value(name)
        let tag = known?.stringTag ?? .utf8String
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        let octets = Array(String(text).utf8)
        let reason =
            known?.unfitness(of: String(text)) ?? DistinguishedName.unfitness(of: scalars, known, name)
        if let reason { throw TextError(reason: reason) }
        writer.sequence { writer in
            writer.objectIdentifier(oid)
            writer.primitive(tag, octets)
        }
        return writer.bytes
    }

    /// A value up to the next separator, escapes resolved (RFC 4514 section 2.4), outer spaces dropped.
    private mutating func value(_ name: String) throws(DistinguishedName.TextError) -> [Unicode.Scalar] {
        var octets: [UInt8] = []
        var kept = 0
        while let scalar = rest.first, scalar != separator, scalar != "+" {
            rest.removeFirst()
            switch scalar {
            case "\\":
                octets.append(contentsOf: try escaped(name))
                kept = octets.count
            case "\"", "<", ">", ";":
                throw TextError(reason: "\(name) holds \(scalar) without a backslash before it")
            default:
                octets.append(contentsOf: String(scalar).utf8)
                if scalar != " " { kept = octets.count }
            }
        }
        // Spaces at the end are dropped unless a backslash precedes them.
        guard let text = String(validating: octets[..<kept], as: UTF8.self) else {
            throw TextError(reason: "\(name) is not UTF-8")
        }
        return Array(text.unicodeScalars)
    }

    private mutating func escaped(_ name: String) throws(DistinguishedName.TextError) -> [UInt8] {
        guard let first = rest.popFirst() else { throw TextError(reason: "\(name) ends in a backslash") }
        guard let high = digit(first) else { return Array(String(first).utf8) }
        guard let second = rest.popFirst(), let low = digit(second) else {
            throw TextError(reason: "\(name) has a backslash before one hexadecimal digit")
        }
        return [high << 4 | low]
    }

    /// A value given as `#` and its DER in hexadecimal.
    private mutating func hexadecimalValue(_ name: String) throws(DistinguishedName.TextError) -> [UInt8] {
        rest.removeFirst()
        var octets: [UInt8] = []
        while let first = rest.first, let high = digit(first) {
            rest.removeFirst()
            guard let second = rest.popFirst(), let low = digit(second) else {
                throw TextError(reason: "\(name) has an odd number of hexadecimal digits")
            }
            octets.append(high << 4 | low)
        }
        skipSpaces()
        guard rest.isEmpty || rest.first == separator || rest.first == "+" else {
            throw TextError(reason: "\(name) has other characters after its hexadecimal value")
        }
        var reader = DERReader(octets)
        do throws(DERError) {
            _ = try reader.next()
            try reader.finish("value")
        } catch {
            throw TextError(reason: "\(name) is not one DER value: \(error.reason)")
        }
        return octets
    }

    /// Why a string that is given as its DER is none for its type: the rules are those of one that is written out, or the
    /// text of the name could not be read again.
    private static func unfitness(of der: [UInt8], _ known: AttributeType?, _ name: String) -> String? {
        var reader = DERReader(der)
        guard let known, let element = try? reader.next(),
            let scalars = DirectoryString.scalars(element.tag, der[element.content])
        else { return nil }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return known.unfitness(of: String(text)) ?? DistinguishedName.unfitness(of: scalars, known, name)
    }

    private func digit(_ scalar: Unicode.Scalar) -> UInt8? {
        guard scalar.isASCII else { return nil }
        return Character(scalar).hexDigitValue.map { UInt8(truncatingIfNeeded: $0) }
    }
}
