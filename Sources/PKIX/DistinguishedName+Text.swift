/// RFC 4514 text, most specific attribute first: the same octets that `openssl x509 -nameopt RFC2253` prints,
/// which escapes everything outside printable ASCII, so that the text is safe on any terminal and in any log.
extension DistinguishedName: CustomStringConvertible {
    /// For example `CN=sensor-7,O=Example`; empty for an empty name.
    public var description: String { plainText ?? fullText }

    private var fullText: String {
        relativeNames.reversed().map { attributes in
            attributes.reversed().map(Self.text).joined(separator: "+")
        }.joined(separator: ",")
    }

    /// The text of a name of single attributes without anything to escape, as nearly all devices have it: every
    /// certificate of a batch is written with it, and the general way takes ten times as long. `nil` for others.
    private var plainText: String? {
        var text: [UInt8] = []
        text.reserveCapacity(der.count)
        var number: Int?
        // The most specific attribute comes first in text and last in DER.
        for place in places.reversed() {
            guard place.relativeName != number, let type = place.knownType, isPlain(place) else { return nil }
            if number != nil { text.append(UInt8(ascii: ",")) }
            number = place.relativeName
            text.append(contentsOf: Self.prefixes[type])
            text.append(contentsOf: der[place.content])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The names of the types with an equals sign, in the order of ``AttributeType/all``.
    private static let prefixes = AttributeType.all.map { $0.nameOctets + [UInt8(ascii: "=")] }

    /// Whether a value is printable ASCII in which no rule of RFC 4514 section 2.4 wants anything escaped.
    private func isPlain(_ place: Place) -> Bool {
        let content = place.content
        return place.kinds.contains(.plain) && !content.isEmpty && der[content.lowerBound] != 0x20
            && der[content.upperBound - 1] != 0x20 && der[content.lowerBound] != UInt8(ascii: "#")
    }

    private static func text(_ attribute: Attribute) -> String {
        guard let type = AttributeType.known(attribute.type),
            let scalars = DirectoryString.scalars(attribute.tag, attribute.content[...])
        else {
            // A value whose meaning is unknown is shown as its DER (RFC 4514 section 2.4).
            var writer = DERWriter()
            writer.primitive(attribute.tag, attribute.content)
            let name = AttributeType.known(attribute.type)?.name ?? attribute.type.description
            return name + "=#" + hexadecimal(writer.bytes).uppercased()
        }
        return type.name + "=" + escape(scalars)
    }

    private static func escape(_ scalars: [Unicode.Scalar]) -> String {
        var result = ""
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case ",", "+", "\"", "\\", "<", ">", ";":
                result += "\\"
                result.unicodeScalars.append(scalar)
            case "#" where index == 0:
                result += "\\#"
            case " " where index == 0 || index == scalars.count - 1:
                result += "\\ "
            case " "..."~":
                result.unicodeScalars.append(scalar)
            default:
                for octet in String(scalar).utf8 { result += "\\" + hexadecimal([octet]).uppercased() }
            }
        }
        return result
    }
}
